package skops

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// maxDigits bounds an integer, whose cost grows with the square of its length.
const maxDigits = 400

// scalar reads the JSON that stands for a Python scalar, as json.dumps writes
// it: floats may be NaN and Infinity.
func scalar(text string) (pickle.Value, error) {
	switch text {
	case "null":
		return nil, nil
	case "true", "false":
		return text == "true", nil
	}
	if strings.HasPrefix(text, `"`) {
		var s string
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			return nil, fmt.Errorf("%.40q is no JSON string", text)
		}
		return s, checkText(s)
	}
	if strings.ContainsAny(text, ".eEnN") {
		return float(text)
	}
	return integer(text)
}

func float(text string) (pickle.Value, error) {
	switch text {
	case "NaN", "nan":
		return math.NaN(), nil
	case "Infinity", "inf":
		return math.Inf(1), nil
	case "-Infinity", "-inf":
		return math.Inf(-1), nil
	}
	if !json.Valid([]byte(text)) { // of what ParseFloat takes: hexadecimals, underscores, "infinity"
		return nil, fmt.Errorf("%.40q is no JSON number", text)
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("%.40q is no number that float64 holds", text)
	}
	return x, nil
}

func integer(text string) (pickle.Value, error) {
	if len(text) > maxDigits {
		return nil, fmt.Errorf("an integer of %d digits; at most %d are allowed", len(text), maxDigits)
	}
	if !json.Valid([]byte(text)) {
		return nil, fmt.Errorf("%.40q is no JSON scalar", text)
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, fmt.Errorf("%.40q is no JSON scalar", text)
	}
	return n, nil
}

// plain reads a JSON value that stands for itself: the bounds of a slice.
func plain(v any) (pickle.Value, error) {
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case json.Number:
		return scalar(v.String())
	}
	return nil, errors.New("want a JSON scalar")
}

// key turns the name of a JSON object into the key of a dict: json.dumps makes
// strings of all, and the file tells what they were.
func key(name string, of *pickle.Class) (pickle.Value, error) {
	kind := of.Name
	if of.Module == "numpy" {
		kind = strings.TrimRight(strings.TrimPrefix(kind, "u"), "0123456789_")
	} else if of.Module != "builtins" {
		return nil, fmt.Errorf("a key of type %s", of)
	}
	switch kind {
	case "str":
		return name, nil
	case "int":
		return integer(name)
	case "float":
		return float(name)
	case "bool":
		if name == "true" || name == "false" {
			return name == "true", nil
		}
	case "NoneType":
		if name == "null" {
			return nil, nil
		}
	}
	return nil, fmt.Errorf("the key %.40q of type %s", name, of)
}
