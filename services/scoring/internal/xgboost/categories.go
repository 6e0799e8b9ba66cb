package xgboost

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// categories are the values of one feature that a data frame named its
// categories by, in the order of their codes; nil for a numeric feature.
type categories []model.Scalar

// readCategories reads the container "cats" of 3.1 and later
// (src/data/cat_container.cc): an encoding a feature, strings as bytes with
// offsets, numbers as they are. The sorted index only serves XGBoost's search.
func readCategories(s source) ([]categories, error) {
	var all []categories
	err := fields(s, func(key string) (bool, error) {
		if key != "enc" {
			return false, nil
		}
		return true, s.array(func() error {
			c, err := readEncoding(s)
			all = append(all, c)
			return err
		})
	})
	return all, err
}

func readEncoding(s source) (categories, error) {
	var offsets []int32
	var values []float64
	text := false
	err := fields(s, func(key string) (used bool, err error) {
		switch key {
		case "offsets":
			text = true
			offsets, err = s.ints(nil)
		case "values":
			values, err = s.numbers()
		default:
			return false, nil
		}
		return true, err
	})
	if err != nil {
		return nil, err
	}
	if text {
		return textCategories(s, offsets, values)
	}
	var all categories
	for _, v := range values {
		// A category that a float64 does not hold exactly would meet no input.
		if math.IsNaN(v) || math.Abs(v) >= 1<<53 {
			return nil, s.fail("category %v", v)
		}
		all = append(all, model.Scalar{Kind: model.Number, Number: v})
	}
	return all, nil
}

// textCategories cuts the bytes (stored as int8) at the offsets.
func textCategories(s source, offsets []int32, values []float64) (categories, error) {
	bytes := make([]byte, len(values))
	for i, v := range values {
		if v < -128 || v > 255 {
			return nil, s.fail("%v among the bytes of category names", v)
		}
		bytes[i] = byte(int16(v)) // #nosec G115 -- the names are stored as signed bytes
	}
	var all categories
	for i := 1; i < len(offsets); i++ {
		from, to := offsets[i-1], offsets[i]
		if from < 0 || to < from || int(to) > len(bytes) {
			return nil, s.fail("a category name from byte %d to %d of %d", from, to, len(bytes))
		}
		all = append(all, model.Scalar{Kind: model.String, String: string(bytes[from:to])})
	}
	return all, nil
}

// named refuses the names of categories that do not say what they were. Before
// 3.4 the Python package counts characters where XGBoost counts bytes: names
// outside ASCII are cut in the wrong places and the last ones are lost.
func (c categories) named(s reporter, d *document) error {
	for _, v := range c {
		ascii := strings.IndexFunc(v.String, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
		switch {
		case ascii:
		case !d.since(3, 4):
			return unsupported("a category name with characters outside ASCII", "categories named in ASCII, or numbers, or XGBoost 3.4 and newer")
		case !utf8.ValidString(v.String):
			return s.fail("the category name %q is not UTF-8", v.String)
		}
	}
	return nil
}

// encode makes the step that turns a category into its code. XGBoost refuses
// categories that training has not seen; of strings 3.1 and 3.2, whose binary
// search does not look whether it has found an equal one, only refuse those
// after the last (src/encoder/ordinal.h, SearchSorted). A missing value stays
// missing.
func (c categories) encode(in, out model.Column, name string, d *document) model.Step {
	step := model.Ordinal{In: in, Out: out, By: "XGBoost feature " + name, Unknown: model.UnknownError}
	step.Next = c[0].Kind == model.String && d.since(3, 1) && !d.since(3, 3)
	for code, v := range c {
		step.Categories = append(step.Categories, v)
		step.Codes = append(step.Codes, float64(code))
	}
	step.Categories = append(step.Categories, model.Scalar{Kind: c[0].Kind, Missing: true})
	step.Codes = append(step.Codes, math.NaN())
	return step
}
