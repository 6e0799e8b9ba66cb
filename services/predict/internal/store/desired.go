package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Pin is a version that is to be served.
type Pin struct {
	Name    string `yaml:"name"`
	Version int64  `yaml:"version"`
	SHA256  string `yaml:"sha256"`  // of the artifact; empty accepts any
	Default bool   `yaml:"default"` // answers when a request names no version
	// ObjectVersion is the VersionId of the artifact in S3: exactly that one is
	// read, though the key was overwritten since. In a directory there are none,
	// and the sha256 says the same.
	ObjectVersion string `yaml:"objectVersion"`
}

const (
	maxDesired = 4 << 20
	maxPins    = 10_000
)

// objectVersion is what S3 says of its VersionIds: URL-ready, at most 1024
// bytes; empty here where there is none.
var objectVersion = regexp.MustCompile(`^[!-~]*$`)

// ReadDesired reads a desired set: YAML, or JSON, which is YAML, too:
//
//	models:
//	  - {name: housing, version: 2, sha256: 2d9e6a…, default: true}
//	  - {name: housing, version: 3}
//
// A model's only version is its default.
func ReadDesired(path string) ([]Pin, error) {
	file, err := os.OpenFile(path, withoutWaiting, 0) // #nosec G304 -- the operator names it
	if err != nil {
		return nil, fmt.Errorf("desired set: %w", err)
	}
	defer file.Close()
	if _, err := checkRegular(file, maxDesired); err != nil {
		return nil, fmt.Errorf("desired set: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxDesired))
	if err != nil {
		return nil, fmt.Errorf("desired set: %w", err)
	}
	pins, err := parseDesired(data)
	if err != nil {
		return nil, fmt.Errorf("desired set: %w", err)
	}
	return pins, nil
}

func parseDesired(data []byte) ([]Pin, error) {
	var set struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string `yaml:"kind"`
		Models     *[]Pin `yaml:"models"`
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	switch err := d.Decode(&set); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty; expected models: [{name, version, …}]")
	case err != nil:
		return nil, errors.New(strings.ReplaceAll(err.Error(), "\n ", ""))
	case set.APIVersion != "" && set.APIVersion != apiVersion:
		return nil, fmt.Errorf("apiVersion is %q; expected %q", set.APIVersion, apiVersion)
	case set.Kind != "" && set.Kind != "DesiredSet":
		return nil, fmt.Errorf("kind is %q; expected DesiredSet", set.Kind)
	case set.Models == nil: // as in a file that is being written
		return nil, errors.New("it has no models; expected a list, which may be empty: []")
	case len(*set.Models) > maxPins:
		return nil, fmt.Errorf("%d models; at most %d are accepted", len(*set.Models), maxPins)
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("expected one document")
	}
	if err := validatePins(*set.Models); err != nil {
		return nil, err
	}
	return *set.Models, nil
}

// validatePins checks the pins and makes a model's only version its default.
func validatePins(pins []Pin) error {
	type version struct {
		name   string
		number int64
	}
	seen := map[version]bool{}
	versions := map[string][]*Pin{}
	for i := range pins {
		p := &pins[i]
		switch {
		case !ValidName(p.Name):
			return fmt.Errorf("models[%d]: name is %q; expected letters, digits, '.', '-' and '_', at most 128", i, p.Name)
		case p.Version < 1:
			return fmt.Errorf("models[%d]: version of %s is %d; expected a positive integer", i, p.Name, p.Version)
		case p.SHA256 != "" && !sha256Hex.MatchString(p.SHA256):
			return fmt.Errorf("models[%d]: sha256 of %s is %q; expected 64 lower-case hexadecimal digits", i, p.Name, p.SHA256)
		case len(p.ObjectVersion) > 1024 || !objectVersion.MatchString(p.ObjectVersion):
			return fmt.Errorf("models[%d]: objectVersion of %s is %q; expected an S3 VersionId", i, p.Name, p.ObjectVersion)
		case seen[version{p.Name, p.Version}]:
			return fmt.Errorf("models[%d]: %s version %d is listed twice", i, p.Name, p.Version)
		}
		seen[version{p.Name, p.Version}] = true
		versions[p.Name] = append(versions[p.Name], p)
	}
	for _, p := range pins {
		of := versions[p.Name]
		if len(of) == 1 {
			of[0].Default = true
			continue
		}
		defaults := 0
		for _, v := range of {
			if v.Default {
				defaults++
			}
		}
		if defaults != 1 {
			return fmt.Errorf("%s has %d versions, of which %d have default: true; expected one", p.Name, len(of), defaults)
		}
	}
	return nil
}
