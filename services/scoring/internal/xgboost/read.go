package xgboost

import (
	"bytes"
	"fmt"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A Wrapper says how the booster is used, where the bytes do not say it.
type Wrapper struct {
	// Embedded: a scikit-learn wrapper (XGBRegressor, XGBClassifier, XGBRanker)
	// holds the booster, and its predict counts. Otherwise the bytes are a file
	// of their own, and its attributes tell whether a wrapper saved it.
	Embedded bool
	// Native: a Booster itself was pickled, and its own predict counts, whatever
	// its attributes say.
	Native bool
	// Classes make it a classifier with these labels; nil: a regressor.
	Classes []model.Label
	// Rounds limits the boosting rounds; 0 for what the library does: all, or
	// up to best_iteration when a wrapper predicts.
	Rounds int
}

// Sniff tells whether a file that starts with these bytes may be an XGBoost
// model in JSON, UBJSON or the binary format.
func Sniff(prefix []byte) bool {
	p := bytes.TrimLeft(prefix, " \t\r\n")
	if len(p) == 0 || p[0] != '{' {
		return sniffLegacy(prefix)
	}
	p = p[1:]
	if bytes.HasPrefix(p, []byte("L\x00\x00\x00\x00\x00\x00\x00")) && len(p) > 9 {
		p = p[9:]
		return bytes.HasPrefix(p, []byte("learner")) || bytes.HasPrefix(p, []byte("Config")) || bytes.HasPrefix(p, []byte("Model"))
	}
	p = bytes.TrimLeft(p, " \t\r\n")
	for _, key := range []string{`"learner"`, `"Config"`, `"Model"`, `"version"`} {
		if bytes.HasPrefix(p, []byte(key)) {
			return true
		}
	}
	return false
}

// Embedded reads the booster that a scikit-learn wrapper holds; its form is
// what the reader of scikit-learn objects asks for.
func Embedded(raw []byte, rounds int, classes []model.Label) (*model.Model, error) {
	return Read(raw, Wrapper{Embedded: true, Rounds: rounds, Classes: classes})
}

// Native reads the booster that a pickle holds without a wrapper.
func Native(raw []byte, rounds int, _ []model.Label) (*model.Model, error) {
	return Read(raw, Wrapper{Native: true, Rounds: rounds})
}

// A file says how many features it has in one number, and each takes most of a
// kilobyte: a small file is not believed to have a million. Hashed texts, which have
// most, have trees to read them.
const (
	fewFeatures     = 1 << 16
	featuresPerByte = 16
)

// Read reads a model from JSON, UBJSON or the binary format. Damaged bytes give a
// [model.FormatError], what cannot be followed exactly a
// [model.UnsupportedError].
func Read(data []byte, w Wrapper) (*model.Model, error) {
	s, d, format, err := parseAny(data)
	if err != nil {
		return nil, err
	}
	if most := max(fewFeatures, featuresPerByte*len(data)); d.features > most {
		return nil, s.fail("num_feature is %d; a file of %d bytes may have up to %d", d.features, len(data), most)
	}
	m := &model.Model{Source: model.Source{Format: format, Library: "xgboost"}}
	if format == legacyName {
		m.Source.Version = fmt.Sprintf("%d.%d", d.version[0], d.version[1]) // all that it keeps
	} else if d.version != [3]int{} {
		m.Source.Version = fmt.Sprintf("%d.%d.%d", d.version[0], d.version[1], d.version[2])
	}
	if err := d.build(s, w, m); err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, s.fail("%v", err)
	}
	return m, nil
}

// parseAny reads the document in whichever form.
func parseAny(data []byte) (reporter, *document, string, error) {
	switch first := bytes.TrimLeft(data, " \t\r\n"); {
	case bytes.HasPrefix(data, []byte("{L")):
		s := newUBJ(data)
		d, err := parse(s)
		return s, d, "xgboost-ubj", err
	case len(first) == 0 || first[0] == '{' || !sniffLegacy(data):
		s := newJSON(data)
		d, err := parse(s)
		return s, d, "xgboost-json", err
	}
	s, d, err := parseLegacy(data)
	return s, d, legacyName, err
}

// build makes the model of the document.
func (d *document) build(s reporter, w Wrapper, m *model.Model) error {
	o, known := objectives[d.objective]
	if !known {
		return d.unknownObjective()
	}
	wrapped, err := d.wrapped(s, &w)
	if err != nil {
		return err
	}
	base, err := d.margins(s, o)
	if err != nil {
		return err
	}
	// Booster.predict builds a DMatrix, which refuses infinite values
	// (src/data/data.cc, "Input data contains `inf`"); the wrappers predict in
	// place, which does not, but for gblinear. Before 1.4 they build one, too, and
	// it takes infinite values.
	inPlace := wrapped && d.booster.name != "gblinear" && d.known(1, 4)
	in, err := d.inputs(s, m, !inPlace && d.known(1, 4))
	if err != nil {
		return err
	}
	rounds := w.Rounds
	if rounds == 0 && wrapped && d.best >= 0 {
		rounds = d.best + 1
	}
	stage := model.Stage{Class: "xgboost.Booster", Detail: d.objective}
	switch d.booster.name {
	case "gbtree", "dart":
		if d.booster.name == "dart" && !d.known(1, 0) {
			return unsupported("dart of before 1.0, whose predict leaves trees out at random", "dart of XGBoost 1.0 and newer")
		}
		trees, err := d.booster.ensemble(s, d, base, rounds, inPlace)
		if err != nil {
			return err
		}
		trees.In = in
		if o.base == rising && len(base) > 1 {
			if len(trees.Trees) == 0 {
				// XGBoost then takes base_score as it is, or not, by whether it was asked for.
				return unsupported("several expectiles before the first round", "reg:expectileerror with trees")
			}
			trees.BaseOfLogs = true
		}
		m.Estimator = trees
		stage.Detail += fmt.Sprintf(", %s, %d trees", d.booster.name, len(trees.Trees))
	case "gblinear":
		linear, err := d.booster.linear(s, d, base)
		if err != nil {
			return err
		}
		linear.In = in
		m.Estimator = linear
		stage.Detail += ", gblinear"
	default:
		return unsupported("the booster "+d.booster.name, "gbtree, dart and gblinear")
	}
	m.Outline = []model.Stage{stage}
	m.Output, err = d.output(o, w)
	return err
}

// inputs makes the features and the steps that prepare them, and returns the
// columns that the booster reads.
func (d *document) inputs(s reporter, m *model.Model, refuseInf bool) ([]model.Column, error) {
	if len(d.names) != 0 && len(d.names) != d.features {
		return nil, s.fail("%d names of %d features", len(d.names), d.features)
	}
	if len(d.booster.cats) != 0 && len(d.booster.cats) != d.features {
		return nil, s.fail("categories of %d features, of %d", len(d.booster.cats), d.features)
	}
	m.Named = len(d.names) != 0
	m.Columns = d.features
	in := make([]model.Column, d.features)
	m.Features = make([]model.Feature, d.features)
	for i := range in {
		c := model.Column(i) // #nosec G115 -- at most MaxColumns
		in[i] = c
		f := &m.Features[i]
		if m.Named {
			f.Name = d.names[i]
		} else {
			f.Name = fmt.Sprintf("x%d", i)
		}
		if len(d.booster.cats) != 0 && len(d.booster.cats[i]) != 0 {
			if err := d.booster.cats[i].named(s, d); err != nil {
				return nil, err
			}
			f.Categories = d.booster.cats[i]
			f.Kind = f.Categories[0].Kind
			in[i] = model.Column(m.Columns) // #nosec G115 -- at most twice MaxColumns
			m.Columns++
			m.Steps = append(m.Steps, d.booster.cats[i].encode(c, in[i], f.Name, d))
			continue
		}
		if refuseInf {
			m.Steps = append(m.Steps, model.Require{In: c, By: "XGBoost", Finite: true, F32: true})
		}
	}
	return in, nil
}

func (d *document) unknownObjective() error {
	e := &model.UnsupportedError{Class: "xgboost: the objective " + d.objective, Supported: supportedObjectives}
	switch d.booster.name {
	case "gbtree", "dart", "gblinear":
	default:
		e.Others = []string{"the booster " + d.booster.name}
	}
	return e
}

func unsupported(what, instead string) error {
	return &model.UnsupportedError{Class: "xgboost: " + what, Supported: instead}
}
