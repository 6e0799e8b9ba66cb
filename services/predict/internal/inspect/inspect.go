// Package inspect tells what a model file is: what trained it, what it is made
// of, what it takes and gives, and whether it is proven.
package inspect

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/predict/internal/store"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// maxBytes is the greatest size of a file.
const maxBytes = 1 << 30

// A Report is what there is to tell.
type Report struct {
	File string `json:"file"`
	scoring.Description
	Task    string   `json:"task"`
	Methods []string `json:"methods"`
	Named   bool     `json:"named"`
	Inputs  []Input  `json:"inputs"`
	Outputs int      `json:"outputs"` // numbers a row of predict
	Classes []any    `json:"classes,omitempty"`
	// Targets are the classes of each label of a row, of a classifier of several.
	Targets [][]any `json:"targets,omitempty"`
	// Columns is how many numbers a row transform yields, Names what they are called.
	Columns int      `json:"transformed,omitempty"`
	Names   []string `json:"transformedNames,omitempty"`
	Float32 bool     `json:"float32"`

	// Untested says that the library's version was never tested, and what to
	// do about it.
	Untested string `json:"untested,omitempty"`
	// Certificate is set where the model is in a directory with one.
	Certificate *Certificate       `json:"certificate,omitempty"`
	SHA256      string             `json:"sha256"`
	Metrics     map[string]float64 `json:"metrics,omitempty"`
	// Reference is set where model.yaml says how the inputs were distributed.
	Reference *Reference `json:"reference,omitempty"`
}

// An Input is a feature.
type Input struct {
	Name       string   `json:"name"`
	Type       string   `json:"type"`
	Categories []string `json:"categories,omitempty"`
	Optional   bool     `json:"optional"`
	Unused     bool     `json:"unused,omitempty"`
}

// A Certificate is the result of replaying goldens.
type Certificate struct {
	Rows     int               `json:"rows"`
	Versions map[string]string `json:"versions"`
	Mismatch string            `json:"mismatch,omitempty"` // empty: every row came out the same
}

// A Reference is what drift is measured against.
type Reference struct {
	Rows       int  `json:"rows"` // that it is made of
	Features   int  `json:"features"`
	Prediction bool `json:"prediction"` // that of the predictions, too
}

func newReference(m *store.Manifest) *Reference {
	if m == nil || m.Reference == nil {
		return nil
	}
	r := m.Reference
	return &Reference{Rows: r.Rows, Features: len(r.Features), Prediction: r.Prediction != nil}
}

// Open opens a model file, or the model in a version directory.
func Open(path string) (*store.Files, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return store.OpenDirectory(path, maxBytes)
	}
	file, err := os.Open(path) // #nosec G304 -- the user names it
	if err != nil {
		return nil, err
	}
	return store.OpenFile(file, maxBytes), nil
}

// Model reads and proves a model for use. Close nothing: it is all in memory.
func Model(path string, allowUntested bool) (*scoring.Model, error) {
	files, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	o := &scoring.Options{MaxBytes: maxBytes, AllowUntested: allowUntested, Columns: model.Columns(files.Columns)}
	if files.Golden != nil {
		if o.Certificate, err = scoring.ReadCertificate(bytes.NewReader(files.Golden)); err != nil {
			return nil, fmt.Errorf("golden.json: %w", err)
		}
	}
	m, err := scoring.Open(files.Artifact, o)
	if _, digestErr := checkDigest(files); digestErr != nil {
		return nil, digestErr
	}
	return m, err
}

// checkDigest compares the artifact with what model.yaml says.
func checkDigest(files *store.Files) (string, error) {
	d, err := files.Digests()
	if err != nil {
		return "", err
	}
	return d.SHA256, store.Verify(files.Manifest, "", d.SHA256)
}

// Inspect reports on a model file or version directory. A certificate that does
// not replay is in the report; an error means that there is no model to report
// on.
func Inspect(path string) (*Report, error) {
	files, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	r := &Report{File: path}
	if files.Name != "" {
		r.File = filepath.Join(path, files.Name)
	}
	o := &scoring.Options{MaxBytes: maxBytes, AllowUntested: true, Columns: model.Columns(files.Columns)}
	var certificate *scoring.Certificate
	if files.Golden != nil {
		if certificate, err = scoring.ReadCertificate(bytes.NewReader(files.Golden)); err != nil {
			return nil, fmt.Errorf("golden.json: %w", err)
		}
		o.Names = certificate.Features
	}
	m, err := scoring.Open(files.Artifact, o)
	var digestErr error
	if r.SHA256, digestErr = checkDigest(files); digestErr != nil {
		return nil, digestErr
	}
	if err != nil {
		return nil, refused(r, err)
	}
	r.describe(m)
	r.Metrics = files.Manifest.Measured()
	r.Reference = newReference(files.Manifest)
	r.certify(m, certificate)
	return r, nil
}

func (r *Report) describe(m *scoring.Model) {
	sig := m.Signature()
	r.Description = *m.Description()
	r.Task, r.Named, r.Outputs, r.Float32 = sig.Task.String(), sig.Named, sig.Outputs, sig.Float32
	for _, method := range []scoring.Method{scoring.Predict, scoring.PredictProba, scoring.DecisionFunction, scoring.Transform} {
		if sig.Methods&method != 0 {
			r.Methods = append(r.Methods, method.String())
		}
	}
	for _, f := range sig.Features {
		r.Inputs = append(r.Inputs, Input{Name: f.Name, Type: f.Type.String(), Categories: f.Categories, Optional: f.Optional, Unused: f.Unused})
	}
	r.Classes, r.Columns, r.Names = values(sig.Classes), sig.Transformed, sig.Columns
	for _, classes := range sig.Targets {
		r.Targets = append(r.Targets, values(classes))
	}
}

func values(classes []scoring.Label) (out []any) {
	for _, c := range classes {
		out = append(out, c.Any())
	}
	return out
}

func (r *Report) certify(m *scoring.Model, c *scoring.Certificate) {
	if c == nil {
		return
	}
	r.Certificate = &Certificate{Rows: c.Rows(), Versions: c.Versions}
	if err := m.Certify(c); err != nil {
		r.Certificate.Mismatch = err.Error()
	}
}
