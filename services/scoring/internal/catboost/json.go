package catboost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// sniffJSON tells whether a document begins as CatBoost's do: its keys stand in
// alphabetical order.
func sniffJSON(prefix []byte) bool {
	p := bytes.TrimLeft(prefix, " \t\r\n")
	if len(p) == 0 || p[0] != '{' {
		return false
	}
	p = bytes.TrimLeft(p[1:], " \t\r\n")
	return bytes.HasPrefix(p, []byte(`"ctr_data"`)) || bytes.HasPrefix(p, []byte(`"features_info"`))
}

// What a JSON file holds (catboost/libs/model/model_export/json_model_helpers.cpp).
type jsonModel struct {
	Tables   map[string]jsonTable       `json:"ctr_data"`
	Features jsonFeatures               `json:"features_info"`
	Info     map[string]json.RawMessage `json:"model_info"`
	Trees    []jsonTree                 `json:"oblivious_trees"`
	Others   []jsonNode                 `json:"trees"`
	Scale    []json.RawMessage          `json:"scale_and_bias"`
}

type jsonFeatures struct {
	Floats []struct {
		Index   int32    `json:"feature_index"`
		Flat    int32    `json:"flat_feature_index"`
		Name    string   `json:"feature_id"`
		HasNaN  bool     `json:"has_nans"`
		Missing string   `json:"nan_value_treatment"`
		Borders decimals `json:"borders"`
	} `json:"float_features"`
	Categories []struct {
		Index  int32    `json:"feature_index"`
		Flat   int32    `json:"flat_feature_index"`
		Name   string   `json:"feature_id"`
		Values []int32  `json:"values"`
		Names  []string `json:"string_values"`
	} `json:"categorical_features"`
	Ctrs []struct {
		Elements []jsonElement `json:"elements"`
		Kind     string        `json:"ctr_type"`
		Border   int32         `json:"target_border_idx"`
		Prior    decimals      `json:"prior_numerator"`
		Denom    decimals      `json:"prior_denomerator"`
		Shift    decimals      `json:"shift"`
		Factor   decimals      `json:"scale"`
		Borders  decimals      `json:"borders"`
	} `json:"ctrs"`
	Texts      []json.RawMessage `json:"text_features"`
	Embeddings []json.RawMessage `json:"embedding_features"`
	Estimated  []json.RawMessage `json:"estimated_features"`
	Hashes     []struct {
		Hash  uint32 `json:"hash"`
		Value string `json:"value"`
	} `json:"cat_features_hash"`
}

// A jsonElement is a part of what a table's keys are made of.
type jsonElement struct {
	Kind     string   `json:"combination_element"`
	Category int32    `json:"cat_feature_index"`
	Float    int32    `json:"float_feature_index"`
	Border   decimals `json:"border"`
	Value    int32    `json:"value"`
}

type jsonTable struct {
	Denominator int32         `json:"counter_denominator"`
	Stride      int           `json:"hash_stride"`
	Entries     []json.Number `json:"hash_map"` // keys, as text, each with its counts
}

type jsonSplit struct {
	Index *int32 `json:"split_index"`
}

type jsonTree struct {
	Leaves decimals    `json:"leaf_values"`
	Splits []jsonSplit `json:"splits"`
}

type jsonNode struct {
	Split *jsonSplit `json:"split"`
	Left  *jsonNode  `json:"left"`
	Right *jsonNode  `json:"right"`
	Value *decimals  `json:"value"`
}

func failJSON(what string, args ...any) error {
	return &model.FormatError{Format: formatJSON, Offset: -1, What: fmt.Sprintf(what, args...)}
}

func readJSON(data []byte) (*document, error) {
	var j jsonModel
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, failJSON("%v", err)
	}
	d := &document{format: formatJSON, scale: 1, info: info{}}
	for name, raw := range j.Info {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			raw = []byte(text)
		}
		d.info[name] = raw
	}
	if err := j.scale(d); err != nil {
		return nil, err
	}
	j.features(d)
	if err := j.ctrs(d); err != nil {
		return nil, err
	}
	return d, j.trees(d)
}

// scale reads scale_and_bias: a number, and one number or a list.
func (j *jsonModel) scale(d *document) error {
	if len(j.Scale) == 0 {
		return nil
	}
	var scale, bias decimals
	if len(j.Scale) != 2 || json.Unmarshal(j.Scale[0], &scale) != nil || len(scale) != 1 || json.Unmarshal(j.Scale[1], &bias) != nil {
		return failJSON("scale_and_bias is not a number and a list of numbers")
	}
	d.scale, d.bias = scale[0], bias
	return nil
}

func (j *jsonModel) features(d *document) {
	for _, f := range j.Features.Floats {
		d.floats = append(d.floats, floatFeature{
			index: f.Index, flat: f.Flat, name: f.Name, hasNaN: f.HasNaN, borders: rounded(f.Borders),
			missing: map[string]nanTreatment{"AsFalse": asFalse, "AsTrue": asTrue}[f.Missing],
		})
	}
	for _, f := range j.Features.Categories {
		d.categories = append(d.categories, categoryFeature{index: f.Index, flat: f.Flat, name: f.Name})
		if len(f.Values) > 0 {
			d.oneHots = append(d.oneHots, oneHot{f.Index, f.Values, f.Names})
		}
	}
	d.hashed = make(map[int32]string, len(j.Features.Hashes))
	for _, h := range j.Features.Hashes {
		d.hashed[int32(h.Hash)] = h.Value // #nosec G115 -- the same bits
	}
	switch {
	case len(j.Features.Texts) > 0:
		d.others = "text"
	case len(j.Features.Embeddings) > 0:
		d.others = "embedding"
	case len(j.Features.Estimated) > 0:
		d.others = "estimated"
	}
}

func (j *jsonModel) ctrs(d *document) error {
	for _, c := range j.Features.Ctrs {
		base, err := newBase(c.Kind, c.Elements)
		if err != nil {
			return err
		}
		d.ctrs = append(d.ctrs, ctr{
			base: base, border: c.Border, prior: c.Prior.single(), denom: c.Denom.single(),
			shift: c.Shift.single(), factor: c.Factor.single(), borders: rounded(c.Borders),
		})
	}
	d.tables = make(map[string]*ctrTable, len(j.Tables))
	for name, t := range j.Tables {
		var identifier struct {
			Kind     string        `json:"type"`
			Elements []jsonElement `json:"identifier"`
		}
		if err := json.Unmarshal([]byte(name), &identifier); err != nil {
			return failJSON("the table %s of ctr_data: %v", clip(name), err)
		}
		base, err := newBase(identifier.Kind, identifier.Elements)
		if err != nil {
			return err
		}
		table, err := t.table(base)
		if err != nil {
			return err
		}
		d.tables[base.key()] = table
	}
	return nil
}

func newBase(kind string, elements []jsonElement) (b ctrBase, err error) {
	for b.kind = 0; b.kind < ctrKinds && ctrNames[b.kind] != kind; {
		b.kind++
	}
	if b.kind == ctrKinds {
		return b, failJSON("a CTR of type %s", clip(kind))
	}
	for _, e := range elements {
		switch e.Kind {
		case "cat_feature_value":
			b.categories = append(b.categories, e.Category)
		case "float_feature":
			b.floats = append(b.floats, floatTest{e.Float, e.Border.single()})
		case "cat_feature_exact_value":
			b.values = append(b.values, valueTest{e.Category, e.Value})
		default:
			return b, failJSON("an element %s of a CTR", clip(e.Kind))
		}
	}
	return b, nil
}

// sum is what CatBoost reads for the sum of a mean: it takes only whole
// numbers, and 0 for others.
func sum(x float64) float32 {
	if x != math.Trunc(x) {
		return 0
	}
	return float32(x)
}

// table reads the entries: each a key and stride-1 counts.
func (j *jsonTable) table(base ctrBase) (*ctrTable, error) {
	t := &ctrTable{base: base, denominator: j.Denominator, classes: int32(j.Stride - 1)} // #nosec G115 -- checked below
	mean := base.kind == ctrBinarizedMean || base.kind == ctrFloatMean
	width := j.Stride - 1
	switch {
	case len(j.Entries) == 0:
		return t, nil
	case width < 1 || width > model.MaxScores || len(j.Entries)%j.Stride != 0,
		mean && width != 2, (base.kind == ctrCounter || base.kind == ctrFrequency) && width != 1:
		return nil, failJSON("%d entries of a CTR table of type %s, %d each", len(j.Entries), ctrNames[base.kind], j.Stride)
	}
	for i := 0; i < len(j.Entries); i += j.Stride {
		key, err := strconv.ParseUint(j.Entries[i].String(), 10, 64)
		if err != nil {
			return nil, failJSON("the key %s of a CTR table", clip(j.Entries[i].String()))
		}
		if key == emptyKey {
			continue
		}
		t.keys = append(t.keys, key)
		for n, number := range j.Entries[i+1 : i+j.Stride] {
			x, err := number.Float64()
			if err != nil || x <= -1<<31 || x >= 1<<31 {
				return nil, failJSON("the count %s of a CTR table", clip(number.String()))
			}
			if mean && n == 0 {
				t.sums = append(t.sums, sum(x))
			} else {
				t.counts = append(t.counts, int32(x))
			}
		}
	}
	return t, nil
}

func rounded(borders decimals) []float32 {
	out := make([]float32, len(borders))
	for i, b := range borders {
		out[i] = float32(b)
	}
	return out
}
