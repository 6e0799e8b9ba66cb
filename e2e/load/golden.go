package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// goldens are rows and what the training library computed for them.
type goldens struct {
	features []string
	rows     []row
	want     map[string][]float64 // by version: one number a row
}

// A row has one value a feature: json.Number, string or nil.
type row []any

// readGoldens reads <directory>/<version>/golden.json of the versions in list,
// or of all. It keeps the rows that every version has: what is asked must not
// depend on who will answer.
func readGoldens(directory, list string) (*goldens, error) {
	paths, err := filepath.Glob(filepath.Join(directory, "*", "golden.json"))
	if err != nil {
		return nil, err
	}
	if list != "" {
		paths = nil
		for version := range strings.SplitSeq(list, ",") {
			paths = append(paths, filepath.Join(directory, strings.TrimSpace(version), "golden.json"))
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%s holds no <version>/golden.json", directory)
	}
	all := &goldens{want: map[string][]float64{}}
	for i, path := range paths {
		one, err := readGolden(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		version := filepath.Base(filepath.Dir(path))
		if i == 0 {
			*all = goldens{features: one.features, rows: one.rows, want: map[string][]float64{version: one.outputs}}
		} else if err := all.join(version, one); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	if len(all.rows) == 0 {
		return nil, fmt.Errorf("%s: there is no row that all of %v have", directory, paths)
	}
	return all, nil
}

type golden struct {
	features []string
	rows     []row
	outputs  []float64
}

func readGolden(path string) (*golden, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the path is the caller's to name
	if err != nil {
		return nil, err
	}
	var file struct {
		Format   string
		Features []string
		Rows     []row
		Outputs  struct{ Predict [][]json.Number }
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		return nil, err
	}
	if want := "treehouse.dev/golden/v1"; file.Format != want {
		return nil, fmt.Errorf("format is %q; expected %q", file.Format, want)
	}
	if len(file.Rows) != len(file.Outputs.Predict) {
		return nil, fmt.Errorf("%d rows, but %d outputs of predict", len(file.Rows), len(file.Outputs.Predict))
	}
	g := &golden{features: file.Features}
	for i, r := range file.Rows {
		output := file.Outputs.Predict[i]
		if len(r) != len(g.features) || len(output) != 1 {
			return nil, fmt.Errorf("row %d has %d values and %d outputs; expected %d and 1", i, len(r), len(output), len(g.features))
		}
		if slices.ContainsFunc(r, noJSON) {
			continue
		}
		x, err := strconv.ParseFloat(output[0].String(), 64)
		if err != nil {
			return nil, fmt.Errorf("the output of row %d: %w", i, err)
		}
		g.rows, g.outputs = append(g.rows, r), append(g.outputs, x)
	}
	return g, nil
}

// noJSON reports the texts that stand for numbers which JSON cannot write.
func noJSON(v any) bool { return v == "NaN" || v == "Infinity" || v == "-Infinity" }

func (g *goldens) join(version string, one *golden) error {
	if !slices.Equal(g.features, one.features) {
		return fmt.Errorf("the features are %v; expected %v as in the other versions", one.features, g.features)
	}
	outputs := map[string]float64{}
	for i, r := range one.rows {
		outputs[r.key()] = one.outputs[i]
	}
	kept := goldens{features: g.features, want: map[string][]float64{}}
	for i, r := range g.rows {
		x, ok := outputs[r.key()]
		if !ok {
			continue
		}
		kept.rows = append(kept.rows, r)
		kept.want[version] = append(kept.want[version], x)
		for other, want := range g.want {
			kept.want[other] = append(kept.want[other], want[i])
		}
	}
	*g = kept
	return nil
}

func (r row) key() string { return fmt.Sprintf("%q", []any(r)) }
