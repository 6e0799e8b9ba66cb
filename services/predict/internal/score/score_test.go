package score

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

const goldens = "../../../scoring/testdata/scikit-learn-1.9.1/"

func open(t testing.TB, path string) *scoring.Model {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	m, err := scoring.Open(file, &scoring.Options{AllowUntested: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func run(t testing.TB, path string, method scoring.Method, input string) (output string, warnings []string, err error) {
	t.Helper()
	var out strings.Builder
	err = Run(t.Context(), Options{Model: open(t, path), Method: method, Input: strings.NewReader(input), Output: &out,
		Warn: func(w string) { warnings = append(warnings, w) }})
	return out.String(), warnings, err
}

// The sample of the example goes through, every column found by its name, and
// comes out as Predict says.
func TestHousing(t *testing.T) {
	sample, err := os.ReadFile("../../testdata/housing-1000.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"1", "3"} {
		out, warnings, err := run(t, "../../models/housing/"+number+"/model.joblib", scoring.Predict, string(sample))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 1001 || lines[0] != "prediction" {
			t.Fatalf("%d lines, header %q", len(lines), lines[0])
		}
		if len(warnings) != 1 || warnings[0] != `columns that the model does not know, ignored: "median_house_value"` {
			t.Errorf("warnings %q", warnings)
		}
		for i, line := range lines[1:] {
			if v, err := strconv.ParseFloat(line, 64); err != nil || v < 10_000 || v > 600_000 {
				t.Errorf("version %s, row %d: %q is no price", number, i+1, line)
			}
		}
	}
}

func TestBlocksGiveTheSameAsOne(t *testing.T) {
	var input strings.Builder
	input.WriteString("income,age,rooms\n")
	rows := 2*blockRows + 17
	for i := range rows {
		fmt.Fprintf(&input, "%d,%d.5,1\n", i, i)
	}
	out, _, err := run(t, goldens+"linear-regression/model.joblib", scoring.Predict, input.String())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != rows+1 {
		t.Fatalf("%d rows, want %d", len(lines)-1, rows)
	}
	for _, i := range []int{0, blockRows - 1, blockRows, rows - 1} {
		one, _, err := run(t, goldens+"linear-regression/model.joblib", scoring.Predict, fmt.Sprintf("income,age,rooms\n%d,%d.5,1\n", i, i))
		if want := "prediction\n" + lines[i+1] + "\n"; err != nil || one != want {
			t.Errorf("row %d alone gives %q, %v; want %q", i+1, one, err, want)
		}
	}
}

func TestClassifier(t *testing.T) {
	const input = "a,b,c,d,e\n0.3,-0.01,0.44,0.72,-0.71\n"
	tests := []struct {
		model  string
		method scoring.Method
		header string
		cells  int
	}{
		{"forest-classifier-string", scoring.PredictProba, "no,yes", 2},
		{"forest-classifier-bool", scoring.PredictProba, "false,true", 2},
		{"logistic-three-string", scoring.DecisionFunction, "high,low,mid", 3},
		{"logistic-string", scoring.DecisionFunction, "decision", 1},
		{"forest-regressor-two-outputs", scoring.Predict, "prediction_0,prediction_1", 2},
		{"several-tree", scoring.Predict, "prediction_0,prediction_1", 2},
		{"several-extra-tree", scoring.PredictProba, "0_no,0_yes,1_blue,1_green,1_red", 5},
		{"OneVsRestClassifier-labels-logistic", scoring.PredictProba, "probability_0,probability_1,probability_2", 3},
		{"OneVsRestClassifier-labels-logistic", scoring.DecisionFunction, "decision_0,decision_1,decision_2", 3},
		{"transform-StandardScaler", scoring.Transform, "x0,x1,x2", 3},
		{"transform-FunctionTransformer", scoring.Transform, "transformed_0,transformed_1,transformed_2", 3}, // which names none
	}
	for _, tt := range tests {
		out, _, err := run(t, goldens+tt.model+"/model.joblib", tt.method, input)
		lines := strings.Split(out, "\n")
		if err != nil || len(lines) != 3 || lines[0] != tt.header || strings.Count(lines[1], ",") != tt.cells-1 {
			t.Errorf("%s, %v: %q, %v; want the header %q", tt.model, tt.method, out, err, tt.header)
		}
	}
	// By scikit-learn: the label of this row.
	for model, want := range map[string]string{"forest-classifier-string": "yes", "forest-classifier-int": "7", "forest-classifier-bool": "true"} {
		if out, _, err := run(t, goldens+model+"/model.joblib", scoring.Predict, input); err != nil || out != "prediction\n"+want+"\n" {
			t.Errorf("%s: %q, %v; want %s", model, out, err, want)
		}
	}
	_, _, err := run(t, goldens+"linear-regression/model.joblib", scoring.PredictProba, input)
	var method *scoring.MethodError
	if !errors.As(err, &method) {
		t.Errorf("predict_proba of a regressor: %v", err)
	}
}

// echo returns its first feature, and keeps what it was given.
type echo struct {
	sig  scoring.Signature
	seen *scoring.Batch
}

func (e *echo) Signature() *scoring.Signature { return &e.sig }

func (e *echo) Predict(_ context.Context, b *scoring.Batch, _ scoring.Method, out *scoring.Result) error {
	for i, v := range b.Columns[0].Numbers {
		if v == 666 {
			return &scoring.RowError{Row: i, Feature: "size", Reason: "no"}
		}
	}
	out.Values = append(out.Values[:0], b.Columns[0].Numbers...)
	copied := *b
	copied.Columns = nil
	for _, c := range b.Columns {
		copied.Columns = append(copied.Columns, scoring.Column{
			Numbers: slices.Clone(c.Numbers), Strings: slices.Clone(c.Strings), Missing: slices.Clone(c.Missing)})
	}
	e.seen = &copied
	return nil
}

func echoModel(named bool) *echo {
	return &echo{sig: scoring.Signature{Named: named, Outputs: 1, Methods: scoring.Predict, Features: []scoring.Feature{
		{Name: "size", Type: scoring.Number},
		{Name: "kind", Type: scoring.String, Optional: true},
	}}}
}

func TestCells(t *testing.T) {
	m := echoModel(true)
	var out strings.Builder
	err := Run(t.Context(), Options{Model: m, Method: scoring.Predict, Output: &out,
		Input: strings.NewReader("\uFEFFkind,size\n\"a, \"\"b\"\"\",1\n,\" 2.5 \"\n\" x\",-1e-320\n\n\"1\n2\",True\nNA,\n")})
	if err != nil {
		t.Fatal(err)
	}
	if want := "prediction\n1\n2.5\n-1e-320\n1\nNaN\n"; out.String() != want {
		t.Errorf("output %q, want %q", out.String(), want)
	}
	kinds := m.seen.Columns[1]
	if want := []string{`a, "b"`, "", " x", "1\n2", "NA"}; !slices.Equal(kinds.Strings, want) {
		t.Errorf("strings %q, want %q", kinds.Strings, want)
	}
	if want := []bool{false, true, false, false, false}; !slices.Equal(kinds.Missing, want) {
		t.Errorf("missing %v, want %v", kinds.Missing, want)
	}
}

func TestColumns(t *testing.T) {
	tests := []struct {
		name, header string
		named        bool
		warning, err string
	}{
		{"by name, in any order", "kind,size", true, "", ""},
		{"an unknown one", "size,colour,kind", true, `columns that the model does not know, ignored: "colour"`, ""},
		{"one that may be missing, under another name", "size,sort", true, "", `the header lacks "kind"; the model's features are size, kind; a column of empty cells says that all are missing`},
		{"one that may not", "kind", true, "", `the header lacks "size"; the model's features are size, kind; a column of empty cells says that all are missing`},
		{"twice the same", "size,kind,size", true, "", "the header has size twice"},
		{"by position", "a,b", false, "", ""},
		{"by position, more", "a,b,c,d", false, "the model, which has no names, takes the first 2 columns; ignored: c, d", ""},
		{"by position, fewer", "a", false, "", "the header has 1 columns; the model, which has no names, takes 2 by position"},
		{"nothing at all", "", true, "", "the input is empty; expected a header"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, warnings strings.Builder
			err := Run(t.Context(), Options{Model: echoModel(tt.named), Method: scoring.Predict, Output: &out,
				Input: strings.NewReader(tt.header), Warn: func(w string) { warnings.WriteString(w) }})
			if fmt.Sprint(err) != tt.err && (err != nil || tt.err != "") {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if warnings.String() != tt.warning {
				t.Errorf("warning %q, want %q", warnings.String(), tt.warning)
			}
		})
	}
}

// A blank line may be a row of one missing value, or none.
func TestBlankLine(t *testing.T) {
	one := &echo{sig: scoring.Signature{Named: true, Outputs: 1, Methods: scoring.Predict, Features: []scoring.Feature{{Name: "size", Optional: true}}}}
	err := Run(t.Context(), Options{Model: one, Method: scoring.Predict, Input: strings.NewReader("size\n1\n\n2\n"), Output: &strings.Builder{}})
	if want := `line 3 is blank; write "" for a missing value`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ name, input, err string }{
		{"no number", "size,kind\n1,a\nbig,b\n", `row 2 (line 3), column size: "big" is not a number; an empty cell is missing`},
		{"hexadecimal", "size,kind\n0x10,a\n", `row 1 (line 2), column size: "0x10" is not a number`},
		{"underscores", "size,kind\n1_000,a\n", `"1_000" is not a number`},
		{"too large", "size,kind\n1e999,a\n", `column size: "1e999" is too large`},
		{"not UTF-8", "size,kind\n1,\xff\n", "row 1 (line 2), column kind: the text is not UTF-8"},
		{"too many cells", "size,kind\n1,a\n2,b,c\n", "row 2 (line 3) has another number of cells than the header, which has 2"},
		{"a quote that does not end", "size,kind\n1,\"a\n", "reading row 1: "},
		{"refused by the model, behind lines", "size,kind\n1,\"a\nb\"\n666,b\n", "row 2 (line 4), column size: no"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Run(t.Context(), Options{Model: echoModel(true), Method: scoring.Predict, Output: &strings.Builder{}, Input: strings.NewReader(tt.input)})
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}

func TestFormat(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		want string
	}{
		{452600, "452600"}, {1e15, "1000000000000000"}, {1e16, "1e+16"}, {0.0001, "0.0001"}, {0.00001, "1e-05"},
		{0.1, "0.1"}, {float64(float32(0.1)), "0.10000000149011612"},
		{math.Copysign(0, -1), "-0"}, {math.NaN(), "NaN"}, {math.Inf(1), "+Inf"}, {5e-324, "5e-324"},
	} {
		if got := format(tt.v); got != tt.want {
			t.Errorf("format(%v) = %s, want %s", tt.v, got, tt.want)
		}
	}
}

func FuzzRun(f *testing.F) {
	f.Add("size,kind\n1,a\n\"2\n\",\n")
	f.Add("size\n\n1\n")
	f.Add("\uFEFFkind,size\nx,666\n")
	f.Fuzz(func(t *testing.T, input string) {
		m := echoModel(true)
		var out strings.Builder
		if Run(t.Context(), Options{Model: m, Method: scoring.Predict, Input: strings.NewReader(input), Output: &out}) != nil {
			return
		}
		if m.seen == nil || m.seen.Rows >= blockRows {
			return
		}
		if got := strings.Count(out.String(), "\n") - 1; got != m.seen.Rows {
			t.Errorf("%d rows in, %d out", m.seen.Rows, got)
		}
	})
}
