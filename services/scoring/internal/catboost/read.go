package catboost

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

const (
	format     = "catboost"
	formatCBM  = "catboost-cbm"
	formatJSON = "catboost-json"
)

// Kind is the class that holds a model: it decides what predict returns.
type Kind uint8

// The kinds.
const (
	ByLoss     Kind = iota // none: the class that CatBoost has for the loss
	Classifier             // CatBoostClassifier
	Regressor              // CatBoostRegressor
	Raw                    // CatBoost, CatBoostRanker: raw scores
)

// Read reads a model from a file's bytes, binary or JSON. Damaged bytes give a
// [model.FormatError], what cannot be followed exactly a
// [model.UnsupportedError].
func Read(data []byte) (*model.Model, error) { return ReadAs(data, ByLoss) }

// ReadAs is Read for the bytes that an object of a class holds.
func ReadAs(data []byte, k Kind) (*model.Model, error) {
	read := readJSON
	if bytes.HasPrefix(data, []byte(magic)) {
		read = readCBM
	}
	d, err := read(data)
	if err != nil {
		return nil, err
	}
	if d.others != "" {
		return nil, unsupported(d.others+" features", "numeric and categorical features")
	}
	m := &model.Model{Source: model.Source{Format: d.format, Library: "catboost", Version: d.info.version()}}
	if err := d.build(m, k); err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, d.fail("%v", err)
	}
	return m, nil
}

func (d *document) build(m *model.Model, k Kind) error {
	b := &builder{d: d, m: m, categoryAt: map[int32]int{}, floatAt: map[int32]int{}, hashOf: map[int32]model.Column{}}
	if err := b.features(); err != nil {
		return err
	}
	if err := b.splits(); err != nil {
		return err
	}
	if err := b.ensemble(); err != nil {
		return err
	}
	if err := d.output(m, k); err != nil {
		return err
	}
	kind, trees := "oblivious", len(d.oblivious)
	if len(d.trees) > 0 {
		kind, trees = "non-symmetric", len(d.trees)
	}
	loss := d.info.loss()
	if loss == "" {
		loss = "unknown loss"
	} else {
		loss = loss[:min(len(loss), 60)]
	}
	m.Outline = []model.Stage{{Class: "catboost.CatBoost", Detail: fmt.Sprintf("%s, %d %s trees", loss, trees, kind)}}
	if n := len(d.categories); n > 0 {
		m.Outline[0].Detail += fmt.Sprintf(", %d categorical features, %d CTR features", n, len(d.ctrs))
	}
	return nil
}

func (d *document) fail(what string, args ...any) error {
	return &model.FormatError{Format: d.format, Offset: -1, What: fmt.Sprintf(what, args...)}
}

// clip keeps a text out of a file short enough for a message.
func clip(s string) string { return strconv.QuoteToASCII(s[:min(len(s), 60)]) }

func unsupported(what, instead string) error {
	return &model.UnsupportedError{Class: "catboost: " + what, Supported: instead}
}

// Embedded reads the model that an object of a class of CatBoost holds; its
// form is what the reader of scikit-learn objects asks for.
func Embedded(raw []byte, class string) (*model.Model, error) {
	kind := Raw
	switch class {
	case "CatBoostClassifier":
		kind = Classifier
	case "CatBoostRegressor":
		kind = Regressor
	}
	if !bytes.HasPrefix(raw, []byte(magic)) {
		return nil, &model.FormatError{Format: formatCBM, Offset: 0, What: "it does not begin with " + magic}
	}
	return ReadAs(raw, kind)
}
