package lightgbm

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// The Python package replaces the values of pandas categorical columns by
// their codes and keeps the categories as JSON after the model; at prediction
// a value that is not among them is missing (python-package/lightgbm/basic.py,
// _data_from_pandas). The JSON does not say which columns it is about.

// encodings returns the categories of every feature that is a pandas
// categorical, by feature; nil when there is none.
func (d *document) encodings(s *scanner) (map[int][]model.Scalar, error) {
	if len(d.pandas) == 0 || string(d.pandas) == "null" || string(d.pandas) == "[]" {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(d.pandas))
	decoder.UseNumber()
	var lists [][]any
	if err := decoder.Decode(&lists); err != nil {
		return nil, s.fail("pandas_categorical is not a list of lists: %v", err)
	}
	columns := d.categoricalColumns()
	if len(columns) != len(lists) {
		return nil, unsupported("a model trained with ordered pandas categories, or with categorical features besides the pandas ones",
			"models whose categorical features are the unordered categorical columns of the data frame")
	}
	all := make(map[int][]model.Scalar, len(lists))
	for i, list := range lists {
		f := columns[i]
		if f < 0 || f >= len(d.names) || all[f] != nil {
			return nil, s.fail("categorical_feature %d of %d features", f, len(d.names))
		}
		if greatest := greatestCode(d.infos[f]); greatest >= len(list) {
			return nil, s.fail("feature %s has code %d, but %d categories", d.names[f], greatest, len(list))
		}
		categories, err := scalars(s, list)
		if err != nil {
			return nil, err
		}
		all[f] = categories
	}
	return all, nil
}

// categoricalColumns are the features that were categorical in training: the
// parameter tells, or the infos of features do.
func (d *document) categoricalColumns() []int {
	var columns []int
	for _, c := range d.categorical {
		columns = append(columns, int(c))
	}
	if columns == nil {
		for f, info := range d.infos {
			if info != "none" && !strings.HasPrefix(info, "[") {
				columns = append(columns, f)
			}
		}
	}
	return columns
}

// greatestCode is the greatest category in a feature's info, "-1:1:0:2".
func greatestCode(info string) int {
	greatest := -1
	if strings.HasPrefix(info, "[") {
		return greatest
	}
	for _, text := range strings.Split(info, ":") {
		if code, err := strconv.Atoi(text); err == nil {
			greatest = max(greatest, code)
		}
	}
	return greatest
}

// scalars turns the categories of one column into values of one kind.
func scalars(s *scanner, list []any) ([]model.Scalar, error) {
	all := make([]model.Scalar, 0, len(list))
	for _, v := range list {
		var c model.Scalar
		switch v := v.(type) {
		case string:
			c = model.Scalar{Kind: model.String, String: v}
		case bool:
			if v {
				c.Number = 1
			}
		case json.Number:
			x, err := v.Float64()
			if err != nil || math.Abs(x) >= 1<<53 {
				return nil, s.fail("category %.32q", v.String())
			}
			c.Number = x
		default:
			return nil, s.fail("category %v is no number and no text", v)
		}
		if len(all) > 0 && all[0].Kind != c.Kind {
			return nil, unsupported("a column whose categories are texts and numbers", "columns of one kind of categories")
		}
		all = append(all, c)
	}
	return all, nil
}

// encode makes the step that turns a category into its code.
func encode(in, out model.Column, name string, categories []model.Scalar) model.Step {
	step := model.Ordinal{
		In: in, Out: out, By: "LightGBM feature " + name, Categories: categories,
		Unknown: model.UnknownValue, UnknownCode: math.NaN(),
	}
	for code := range categories {
		step.Codes = append(step.Codes, float64(code))
	}
	return step
}
