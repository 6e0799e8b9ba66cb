package catboost

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// info is what training wrote about itself: names to text, most of it JSON.
type info map[string][]byte

// release is how the library's version stands in its notes about the build.
var release = regexp.MustCompile(`(?:Branch: tags/v|release )(\d+\.\d+(?:\.\d+)*)`)

func (i info) version() string {
	if found := release.FindSubmatch(i["catboost_version_info"]); found != nil {
		return string(found[1])
	}
	return ""
}

// loss is the name of the loss function, without its parameters.
func (i info) loss() string {
	var params struct {
		Loss json.RawMessage `json:"loss_function"`
	}
	if err := json.Unmarshal(i["params"], &params); err != nil {
		return ""
	}
	var named struct{ Type string }
	if json.Unmarshal(params.Loss, &named) != nil {
		_ = json.Unmarshal(params.Loss, &named.Type) // older files have it as text
	}
	name, _, _ := strings.Cut(named.Type, ":")
	return name
}

// threshold is the probability above which a binary classifier says yes, as
// text; empty where none was set.
func (i info) threshold() string { return string(i["binclass_probability_threshold"]) }

// classes are the labels of a classifier; nil where the file names none.
func (i info) classes() ([]model.Label, error) {
	var params struct {
		Type    string            `json:"class_label_type"`
		Names   []json.RawMessage `json:"class_names"`
		Numbers []float64         `json:"class_to_label"`
	}
	text, ok := i["class_params"]
	if !ok || len(text) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(text, &params); err != nil {
		return nil, &model.FormatError{Format: format, Offset: -1, What: "class_params are no JSON: " + err.Error()}
	}
	labels := make([]model.Label, len(params.Names))
	for i, raw := range params.Names {
		l := &labels[i]
		var err error
		switch params.Type {
		case "Integer":
			err = json.Unmarshal(raw, &l.Integer)
		case "Float":
			l.Kind, err = model.FloatLabel, json.Unmarshal(raw, &l.Float)
		case "String":
			l.Kind, err = model.StringLabel, json.Unmarshal(raw, &l.String)
		case "Boolean", "Bool":
			l.Kind, err = model.BoolLabel, json.Unmarshal(raw, &l.Bool)
		default:
			return nil, unsupported("class labels of type "+clip(params.Type), "integers, floats, strings and bools")
		}
		if err != nil {
			return nil, &model.FormatError{Format: format, Offset: -1, What: "the class " + clip(string(raw)) + " is no " + params.Type}
		}
	}
	return labels, nil
}
