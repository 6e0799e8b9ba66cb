package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const housing = "../../services/predict/models/housing"

// The real models' goldens: the rows that all three versions have, each with
// its own numbers.
func TestReadGoldens(t *testing.T) {
	all, err := readGoldens(housing, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(all.want) != 3 || len(all.rows) < 150 {
		t.Fatalf("%d versions and %d common rows, want 3 and at least 150", len(all.want), len(all.rows))
	}
	for version, want := range all.want {
		if len(want) != len(all.rows) {
			t.Errorf("version %s has %d numbers for %d rows", version, len(want), len(all.rows))
		}
	}
	if first := all.rows[0].key(); first != `["-121.3" "38.89" "23.0" "1750.0" "297.0" "1012.0" "315.0" "3.4706" "INLAND"]` ||
		all.want["1"][0] != 126341.6500014116 || all.want["3"][0] != 110208.1875 {
		t.Errorf("the first row is %s with %v and %v", first, all.want["1"][0], all.want["3"][0])
	}
	some, err := readGoldens(housing, "1, 3")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := some.want["2"]; ok || len(some.want) != 2 {
		t.Errorf("asked for versions 1 and 3, got %d", len(some.want))
	}
}

// Rows that only one version has, and rows that JSON cannot write, are not
// asked for; the others keep their own numbers.
func TestCommonRows(t *testing.T) {
	directory := t.TempDir()
	write := func(version, rows, outputs string) {
		t.Helper()
		path := filepath.Join(directory, version, "golden.json")
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		text := `{"format": "treehouse.dev/golden/v1", "features": ["a", "b"], "rows": ` + rows + `, "outputs": {"predict": ` + outputs + `}}`
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("1", `[[1, "x"], [2, "y"], ["NaN", "z"], [null, "x"]]`, `[[10], [20], [30], [40]]`)
	write("2", `[[null, "x"], [1, "x"], [3, "y"]]`, `[[400], [100], [300]]`)
	g, err := readGoldens(directory, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(g.rows) != 2 || g.want["1"][0] != 10 || g.want["1"][1] != 40 || g.want["2"][0] != 100 || g.want["2"][1] != 400 {
		t.Errorf("got rows %v with %v; expected [1 x] and [<nil> x]", g.rows, g.want)
	}

	for name, c := range map[string]struct{ rows, outputs, want string }{
		"outputs too few":   {`[[1, "x"]]`, `[]`, "1 rows, but 0 outputs"},
		"values too few":    {`[[1]]`, `[[1]]`, "row 0 has 1 values"},
		"nothing in common": {`[[7, "q"]]`, `[[1]]`, "no row that all"},
	} {
		write("2", c.rows, c.outputs)
		if _, err := readGoldens(directory, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
	}
	if _, err := readGoldens(t.TempDir(), ""); err == nil {
		t.Error("an empty directory is no error")
	}
}
