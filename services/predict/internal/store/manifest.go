package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ManifestName is the file that describes a version.
const ManifestName = "model.yaml"

const (
	goldenName = "golden.json"
	apiVersion = "treehouse.dev/v1"
)

// A Manifest is a model.yaml, as treehouse.save writes it. It describes; what
// the model takes and gives is read from the artifact itself.
type Manifest struct {
	APIVersion string            `yaml:"apiVersion"`
	Kind       string            `yaml:"kind"`
	Name       string            `yaml:"name"`     // at the time it was saved; the directory's name holds
	Artifact   string            `yaml:"artifact"` // a file beside model.yaml
	SHA256     string            `yaml:"sha256"`   // of the artifact
	Library    string            `yaml:"library"`
	Version    string            `yaml:"version"` // of the library
	Class      string            `yaml:"class"`   // of the trained object
	Versions   map[string]string `yaml:"versions"`
	Task       string            `yaml:"task"`
	Features   []Feature         `yaml:"features"`
	Outputs    []Output          `yaml:"outputs"`
	Classes    []any             `yaml:"classes"`
	Metrics    map[string]any    `yaml:"metrics"`
	Golden     string            `yaml:"golden"`    // a file beside model.yaml
	Reference  *Reference        `yaml:"reference"` // nil in versions saved without one
}

// A Feature describes an input column.
type Feature struct {
	Name       string `yaml:"name"`
	Type       string `yaml:"type"` // number or string
	Categories []any  `yaml:"categories"`
	Optional   bool   `yaml:"optional"`
}

// An Output describes what a method returns.
type Output struct {
	Name  string `yaml:"name"`
	Width int    `yaml:"width"` // values a row
}

var sha256Hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

// ParseManifest reads a model.yaml. Unknown keys are errors: they would be
// misspelled ones, or those of a version of the format that means more.
func ParseManifest(data []byte) (*Manifest, error) {
	var m Manifest
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return nil, fmt.Errorf("%s: %s", ManifestName, strings.ReplaceAll(err.Error(), "\n ", ""))
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: expected one document", ManifestName)
	}
	if err := m.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestName, err)
	}
	return &m, nil
}

func (m *Manifest) validate() error {
	switch {
	case m.APIVersion != apiVersion:
		return fmt.Errorf("apiVersion is %q; expected %q", m.APIVersion, apiVersion)
	case m.Kind != "" && m.Kind != "Model":
		return fmt.Errorf("kind is %q; expected Model", m.Kind)
	case m.SHA256 != "" && !sha256Hex.MatchString(m.SHA256):
		return fmt.Errorf("sha256 is %q; expected 64 lower-case hexadecimal digits", m.SHA256)
	}
	for key, file := range map[string]string{"artifact": m.Artifact, "golden": m.Golden} {
		if file != "" && !plainName(file) {
			return fmt.Errorf("%s is %q; expected the name of a file beside %s", key, file, ManifestName)
		}
	}
	if m.Reference != nil {
		if err := m.Reference.validate(); err != nil {
			return fmt.Errorf("reference: %w", err)
		}
	}
	return nil
}

// plainName reports whether a name means a file in the same directory.
func plainName(name string) bool {
	return !strings.ContainsAny(name, `/\`+"\x00") && !strings.HasPrefix(name, ".") && name != ManifestName && name != MLmodelName
}

// Measured returns the metrics that are numbers.
func (m *Manifest) Measured() map[string]float64 {
	if m == nil {
		return nil
	}
	out := map[string]float64{}
	for name, v := range m.Metrics {
		switch v := v.(type) {
		case int:
			out[name] = float64(v)
		case float64:
			out[name] = v
		}
	}
	return out
}
