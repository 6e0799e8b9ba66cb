package scoring

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/catboost"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/lightgbm"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/onnx"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/sklearn"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/skops"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/xgboost"
)

// Open reads a trained model. It tells formats apart by their content and
// reads at most Options.MaxBytes; o may be nil. Errors are [*FormatError],
// [*UnsupportedError], [*VersionError], [*MismatchError] or those of r.
func Open(r io.Reader, o *Options) (*Model, error) {
	if o == nil {
		o = &Options{}
	}
	limit := o.MaxBytes
	if limit <= 0 {
		limit = defaultMaxBytes
	}
	data, err := readAll(r, limit)
	if err != nil {
		return nil, err
	}
	m, err := read(data, limit)
	if err != nil {
		return nil, public(err)
	}
	if err := applyColumns(m, o.Columns); err != nil {
		return nil, err
	}
	nameFeatures(m, o.Names)
	if o.Certificate != nil {
		nameFeatures(m, o.Certificate.Features)
	}
	instructions, err := engine.Default()
	if err != nil {
		return nil, err
	}
	if o.Certificate == nil && !o.AllowUntested {
		if err := checkVersions(&m.Source); err != nil {
			return nil, err
		}
	}
	out, err := newModel(m, instructions)
	if err != nil {
		return nil, err
	}
	if o.Certificate != nil {
		return out.certified(m, o.Certificate)
	}
	return out, nil
}

// nameFeatures gives the columns names, where the file has none: of a model trained on arrays or on texts, of an ONNX graph whose one input holds
// them all.
func nameFeatures(m *model.Model, names []string) {
	if m.Named || len(names) != len(m.Features) {
		return
	}
	seen, numbered := make(map[string]bool, len(names)), m.Source.Format != "onnx"
	for i, name := range names {
		if name == "" || seen[name] {
			return
		}
		seen[name], numbered = true, numbered && name == m.Features[i].Name
	}
	if numbered {
		return
	}
	for i, name := range names {
		m.Features[i].Name = name
	}
	m.Named = true
}

func newModel(m *model.Model, i engine.Instructions) (*Model, error) {
	predictor, err := engine.CompileFor(m, i)
	if err != nil {
		return nil, &FormatError{Format: m.Source.Format, Offset: -1, What: err.Error()}
	}
	description := newDescription(m)
	if err := checkVersions(&m.Source); err != nil {
		description.Untested = err.Error()
	}
	return &Model{
		signature:   newSignature(m, predictor),
		description: description,
		predictor:   predictor,
		certainty:   newCertainty(m),
	}, nil
}

// certified replays the certificate on what will serve. Should the fast
// kernels not give the numbers, but the plain ones do, these serve.
func (m *Model) certified(from *model.Model, c *Certificate) (*Model, error) {
	err := m.Certify(c)
	if err == nil {
		return m, nil
	}
	var mismatch *MismatchError
	if !m.predictor.Accelerated() || !errors.As(err, &mismatch) {
		return nil, err
	}
	plain, compileErr := newModel(from, engine.Portable)
	if compileErr != nil || plain.Certify(c) != nil {
		return nil, err
	}
	plain.description.Fallback = err.Error()
	return plain, nil
}

// readAll reads everything, at most limit bytes, into a slice that is not much
// larger than need be.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	var buffer bytes.Buffer
	switch s := r.(type) {
	case interface{ Len() int }:
		buffer.Grow(int(min(int64(s.Len()), limit)) + bytes.MinRead)
	case interface{ Stat() (fs.FileInfo, error) }:
		if info, err := s.Stat(); err == nil && info.Size() > 0 {
			buffer.Grow(int(min(info.Size(), limit)) + bytes.MinRead)
		}
	}
	n, err := buffer.ReadFrom(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("scoring: reading the model: %w", err)
	}
	if n > limit {
		return nil, &FormatError{Format: "model", Offset: limit, What: fmt.Sprintf("the file is larger than the limit of %d bytes", limit)}
	}
	return buffer.Bytes(), nil
}

// read tells the format and hands the bytes to its reader.
func read(data []byte, limit int64) (*model.Model, error) {
	switch {
	case len(data) == 0:
		return nil, &FormatError{Format: "model", What: "the file is empty"}
	case xgboost.Sniff(head(data)):
		return xgboost.Read(data, xgboost.Wrapper{})
	case lightgbm.Sniff(head(data)):
		return lightgbm.Read(data, lightgbm.Wrapper{})
	case catboost.Sniff(head(data)):
		return catboost.Read(data)
	case onnx.Sniff(head(data)):
		return onnx.Read(data)
	case isPickle(data):
		return readPickle(data, limit)
	case skops.Sniff(data):
		return readSkops(data, limit)
	}
	return nil, &UnsupportedError{Class: otherFormat(data), Supported: supportedFormats}
}

// inflation is how many times larger than the limit on the file what it
// decompresses to may be.
const inflation = 4

func readPickle(data []byte, limit int64) (*model.Model, error) {
	limits := pickle.DefaultLimits()
	limits.MaxBytes = min(limits.MaxBytes, inflation*min(limit, limits.MaxBytes))
	file, err := pickle.Decode(data, limits)
	if err != nil {
		return nil, err
	}
	return readObject(file)
}

func readSkops(data []byte, limit int64) (*model.Model, error) {
	limits := skops.DefaultLimits()
	limits.MaxBytes = min(limits.MaxBytes, inflation*min(limit, limits.MaxBytes))
	file, err := skops.Decode(data, limits)
	if err != nil {
		return nil, err
	}
	return readObject(file)
}

// boosters are the readers of what wrappers hold.
var boosters = sklearn.Boosters{
	XGBoost: xgboost.Embedded, LightGBM: lightgbm.Embedded, LightGBMSparse: lightgbm.EmbeddedSparse, CatBoost: catboost.Embedded,
	Native:      map[string]sklearn.Booster{"xgboost": xgboost.Native, "lightgbm": lightgbm.Native},
	Importances: map[string]sklearn.Importances{"xgboost": xgboost.Importances, "lightgbm": lightgbm.Importances},
}

// readObject reads the Python object that a pickle or a skops file holds.
func readObject(file *pickle.File) (*model.Model, error) {
	m, err := sklearn.Read(file, boosters)
	var first *model.UnsupportedError
	switch {
	case errors.As(err, &first):
		return nil, refusal(first, file)
	case err != nil:
		return nil, err
	case len(sklearn.Foreign(file)) > 0: // the model does without them, but nobody knows what they mean
		return nil, refusal(nil, file)
	}
	return m, nil
}

// refusal names everything in a file that is not read: first, what stopped its
// reader, and then the rest.
func refusal(first *model.UnsupportedError, file *pickle.File) error {
	parts := sklearn.Survey(file, boosters)
	for _, c := range sklearn.Foreign(file) {
		if named := func(p *model.UnsupportedError) bool { return p.Class == c.String() }; slices.ContainsFunc(parts, named) {
			continue
		}
		parts = append(parts, &model.UnsupportedError{Class: c.String(), Supported: "objects of scikit-learn, XGBoost, LightGBM, CatBoost, numpy, scipy and pandas; " +
			"a function or a class of one's own is code, and none is run"})
	}
	if first == nil {
		first, parts = parts[0], parts[1:]
	}
	out := *first
	for _, p := range parts {
		if p.Class != first.Class || p.Path != first.Path && p.Path != "" {
			out.Others = append(out.Others, p.Part())
		}
	}
	return &out
}

// public turns the errors of readers into those of this package.
func public(err error) error {
	var format *model.FormatError
	var unsupported *model.UnsupportedError
	var bad *pickle.Error
	switch {
	case errors.As(err, &format):
		return (*FormatError)(format)
	case errors.As(err, &unsupported):
		return (*UnsupportedError)(unsupported)
	case errors.As(err, &bad):
		what := bad.What
		if bad.Op != "" {
			what = bad.Op + ": " + what
		}
		return &FormatError{Format: "pickle", Offset: bad.Offset, What: what}
	}
	return err
}
