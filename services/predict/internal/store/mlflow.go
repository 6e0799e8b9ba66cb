package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MLmodelName is the file by which MLflow describes a model's directory.
const MLmodelName = "MLmodel"

// An MLmodel is what is used of one: which file beside it is the model, and the
// columns of its signature, in order.
type MLmodel struct {
	Flavor   string
	Artifact string
	Columns  []Column // nil without a signature that names columns
}

// A Column of an MLflow signature.
type Column struct {
	Name string
	Text bool // of type string, or of another that is no number
}

// flavors are those whose files are read, with the keys that name the file.
// A directory has several flavors at most where one is python_function.
var flavors = []struct{ name, file string }{
	{"sklearn", "pickled_model"}, {"xgboost", "data"}, {"lightgbm", "data"}, {"catboost", "data"}, {"onnx", "data"},
}

// ParseMLmodel reads an MLmodel file of MLflow 1, 2 or 3. Nothing is loaded that
// it names as code: a model that is only a python_function is refused.
func ParseMLmodel(data []byte) (*MLmodel, error) {
	var file struct {
		Flavors   map[string]map[string]any `yaml:"flavors"`
		Signature *struct {
			Inputs string `yaml:"inputs"`
		} `yaml:"signature"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("%s: %s", MLmodelName, strings.ReplaceAll(err.Error(), "\n ", ""))
	}
	m, err := choose(file.Flavors)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", MLmodelName, err)
	}
	if file.Signature != nil && file.Signature.Inputs != "" {
		if m.Columns, err = columns(file.Signature.Inputs); err != nil {
			return nil, fmt.Errorf("%s: signature: %w", MLmodelName, err)
		}
	}
	return m, nil
}

// choose finds the flavor that can be read, and its file.
func choose(found map[string]map[string]any) (*MLmodel, error) {
	for _, f := range flavors {
		flavor, ok := found[f.name]
		if !ok {
			continue
		}
		name, _ := flavor[f.file].(string)
		if !plainName(name) || name == "" || name == MLmodelName {
			return nil, fmt.Errorf("flavors.%s.%s is %q; expected the name of a file beside %s", f.name, f.file, name, MLmodelName)
		}
		switch how, _ := flavor["serialization_format"].(string); how {
		case "", "pickle", "cloudpickle", "skops":
		default:
			return nil, fmt.Errorf("flavors.%s.serialization_format is %q; expected pickle, cloudpickle or skops", f.name, how)
		}
		return &MLmodel{Flavor: f.name, Artifact: name}, nil
	}
	var supported []string
	for _, f := range flavors {
		supported = append(supported, f.name)
	}
	function := found["python_function"]
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(found)), func(n string) bool { return n == "python_function" })
	switch {
	case len(names) > 0:
		return nil, fmt.Errorf("no flavor of it is supported: %.200q; supported: %s", names, strings.Join(supported, ", "))
	case function != nil:
		loader, _ := function["loader_module"].(string)
		return nil, fmt.Errorf("it is only a python_function (loader %.100q), whose predict is Python code of its own, "+
			"and no code is executed here; supported flavors: %s", loader, strings.Join(supported, ", "))
	}
	return nil, errors.New("it has no flavors")
}

func isNumber(t string) bool {
	return t == "boolean" || t == "integer" || t == "long" || t == "float" || t == "double"
}

// maxSignature bounds the columns of a signature.
const maxSignature = 1 << 16

// columns reads the inputs of a signature, which are JSON within the YAML. Those
// of tensors name no columns.
func columns(inputs string) ([]Column, error) {
	var specs []struct {
		Name *string `json:"name"`
		Type string  `json:"type"`
	}
	if err := json.Unmarshal([]byte(inputs), &specs); err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	if len(specs) > maxSignature {
		return nil, fmt.Errorf("%d inputs; at most %d", len(specs), maxSignature)
	}
	var out []Column
	seen := make(map[string]bool, len(specs))
	for _, s := range specs {
		switch s.Type {
		case "tensor":
			return nil, nil
		case "boolean", "integer", "long", "float", "double", "string":
		case "datetime", "binary": // which a model may leave unread
		default:
			return nil, fmt.Errorf("an input of type %.60q; expected boolean, integer, long, float, double, string, datetime or binary", s.Type)
		}
		if s.Name == nil || *s.Name == "" {
			return nil, nil
		}
		if seen[*s.Name] {
			return nil, fmt.Errorf("two inputs are named %.60q", *s.Name)
		}
		seen[*s.Name] = true
		out = append(out, Column{Name: *s.Name, Text: !isNumber(s.Type)})
	}
	return out, nil
}
