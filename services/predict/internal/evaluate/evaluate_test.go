package evaluate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/predict/internal/payload"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
)

// A golden is predictions, labels and scikit-learn's figures, by golden.py.
type golden struct {
	Outputs int      `json:"outputs"`
	Classes []string `json:"classes"`
	Labels  string   `json:"labels"`
	Float32 bool     `json:"float32"`
	Rows    []struct {
		Version       int64     `json:"version"`
		Segment       string    `json:"segment"`
		Outputs       []float64 `json:"outputs"`
		Class         int       `json:"class"`
		Probabilities []float64 `json:"probabilities"`
		Label         string    `json:"label"`
	} `json:"rows"`
	Expected []Group `json:"expected"`
}

func goldens(t *testing.T) map[string]golden {
	t.Helper()
	text, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases map[string]golden `json:"cases"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) == 0 {
		t.Fatal("no goldens")
	}
	return file.Cases
}

func (g *golden) shape() *payloadfile.Shape {
	return &payloadfile.Shape{Format: 1, Features: []payloadfile.Feature{{Name: "ocean", Text: true}, {Name: "rooms"}},
		Outputs: g.Outputs, Classes: g.Classes, Labels: g.Labels, Float32: g.Float32, Probabilities: len(g.Classes) > 0}
}

// log writes the predictions as a log, a file a version and a batch of two rows
// an id, and the labels as CSV.
func (g *golden) log(t *testing.T) (payload.Source, string) {
	t.Helper()
	files := map[int64]*bytes.Buffer{}
	writers := map[int64]*payloadfile.Writer{}
	var labels strings.Builder
	labels.WriteString("label,id,when,row\n")
	for i, r := range g.Rows {
		w := writers[r.Version]
		if w == nil {
			files[r.Version] = &bytes.Buffer{}
			var err error
			if w, err = payloadfile.NewWriter(files[r.Version], g.shape()); err != nil {
				t.Fatal(err)
			}
			writers[r.Version] = w
		}
		row := &payloadfile.Row{ID: fmt.Sprintf("p%d", i/2), Row: i % 2, Model: "housing", Version: r.Version,
			Features: []payloadfile.Cell{{Text: r.Segment}, {Number: float64(i % 3)}}, Outputs: r.Outputs, Class: -1, Probabilities: r.Probabilities}
		if len(g.Classes) > 0 {
			row.Class = r.Class
		}
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&labels, "%s,p%d,today,%d\n", r.Label, i/2, i%2)
	}
	dir := payload.Directory(t.TempDir())
	for version, w := range writers {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := dir.Put(t.Context(), fmt.Sprintf("housing/v%d.parquet", version), files[version].Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	return dir, labels.String()
}

// near allows for another order of the sums; scikit-learn adds logarithms of
// float32 numbers as float32.
func (g *golden) near(got, want *float64) bool {
	if got == nil || want == nil {
		return got == want
	}
	tolerance := 1e-12
	if g.Float32 {
		tolerance = 1e-6
	}
	return math.Abs(*got-*want) <= tolerance*math.Abs(*want)
}

// The figures are scikit-learn's own, by version and segment.
func TestGoldens(t *testing.T) {
	for name, g := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			log, labels := g.log(t)
			report, err := Run(t.Context(), Options{Log: log, Labels: strings.NewReader(labels), Segment: "ocean"})
			if err != nil {
				t.Fatal(err)
			}
			if report.Matched != len(g.Rows) || report.UnmatchedLabels+report.UnmatchedPredictions+report.Failures+report.Duplicates != 0 {
				t.Errorf("report %+v, want every row to match", report)
			}
			if len(report.Groups) != len(g.Expected) {
				t.Fatalf("%d groups, want %d", len(report.Groups), len(g.Expected))
			}
			for i, want := range g.Expected {
				got := report.Groups[i]
				if got.Version != want.Version || got.Rows != want.Rows || (got.Segment == nil) != (want.Segment == nil) || got.Segment != nil && *got.Segment != *want.Segment {
					t.Fatalf("group %d is %+v, want %+v", i, got, want)
				}
				for j, f := range got.figures(report.Task) {
					if w := want.figures(report.Task)[j].value; !g.near(f.value, w) || w == nil {
						t.Errorf("group %d of version %d: %s is %s, scikit-learn says %s", i, want.Version, f.name, text(f.value), text(w))
					}
				}
			}
		})
	}
}

// What does not fit together is counted.
func TestUnmatched(t *testing.T) {
	g := goldens(t)["regression"]
	g.Rows = g.Rows[:4]
	log, _ := g.log(t)
	// The log has everything twice, as after a file was copied.
	again := payload.Directory(string(log.(payload.Directory)))
	names, err := again.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(string(again) + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Put(t.Context(), "housing/z-"+strings.ReplaceAll(name, "/", "-"), data); err != nil {
			t.Fatal(err)
		}
	}
	report, err := Run(t.Context(), Options{Log: log, Labels: strings.NewReader("id,label\np0,1\np1,2\nnobody,3\n")})
	if err != nil {
		t.Fatal(err)
	}
	if report.Labels != 3 || report.Matched != 2 || report.UnmatchedLabels != 1 || report.Duplicates != 2 || report.UnmatchedPredictions != 4 {
		t.Errorf("report %+v", report)
	}
}

// Figures that cannot be are left out, and a note says why.
func TestNotes(t *testing.T) {
	shape := (&golden{Classes: []string{"no", "yes"}, Labels: "string"}).shape()
	scores := 0
	one := &hits{scores: &scores}
	one.add(shape, &payloadfile.Row{Class: 1, Probabilities: []float64{0, 1}}, truth{class: 1})
	one.add(shape, &payloadfile.Row{Class: 1}, truth{class: 1})
	if g := one.group(); g.AUC != nil || *g.Accuracy != 1 || *g.LogLoss < 0 || *g.LogLoss > 1e-15 || g.Note != "AUC needs labels of every class" {
		t.Errorf("one class: %+v", g)
	}
	none := &hits{scores: &scores}
	none.add(shape, &payloadfile.Row{Class: 0}, truth{class: 1})
	if g := none.group(); g.AUC != nil || g.LogLoss != nil || *g.Accuracy != 0 || g.Note != "no probabilities are logged" {
		t.Errorf("no probabilities: %+v", g)
	}
	endless := &residuals{}
	endless.add(nil, &payloadfile.Row{Outputs: []float64{math.Inf(1)}}, truth{number: 1})
	if g := endless.group(); g.RMSE != nil || g.Note != "a prediction is not finite" {
		t.Errorf("an infinite prediction: %+v", g)
	}
}

// Bad labels are errors that tell the line.
func TestBadLabels(t *testing.T) {
	cases := goldens(t)
	for _, c := range []struct {
		golden, csv, want string
	}{
		{"regression", "", "it is empty; expected a header"},
		{"regression", "prediction,label\n", "line 1: there is no column id; expected id, label"},
		{"regression", "id,value\n", "line 1: there is no column label"},
		{"regression", "id,label,label\n", "line 1: the column label is there twice"},
		{"regression", "id,label\np0,1\np0,2\n", "line 3: row 0 of p0 has a label already, in line 2"},
		{"regression", "id,label,row\np0,1,0\np0,2,1\np0,2,1\n", "line 4: row 1 of p0 has a label already, in line 3"},
		{"regression", "id,label\np0,1\n,2\n", "line 3: id is empty"},
		{"regression", "id,label\np0,1\nnobody,much\n", `line 3: label is "much"; expected a finite number`},
		{"regression", "id,label\np0,NaN\n", `line 2: label is "NaN"; expected a finite number`},
		{"regression", "id,label\np0,\n", `line 2: label is ""; expected a finite number`},
		{"regression", "id,row,label\np0,-1,3\n", `line 2: row is "-1"; expected a number`},
		{"regression", "id,row,label\np0,,3\n", `line 2: row is ""`},
		{"regression", "id,label\np0,1,2\n", "record on line 2: wrong number of fields"},
		{"regression", "id,label\n\"p0,1\n", "line 2, column 7"},
		{"two classes", "id,label\np0,yes\np1,maybe\np2,perhaps\n", `line 3: label is "maybe"; the classes are no, yes`},
	} {
		g := cases[c.golden]
		g.Rows = g.Rows[:6]
		log, _ := g.log(t)
		if _, err := Run(t.Context(), Options{Log: log, Labels: strings.NewReader(c.csv)}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.csv, err, c.want)
		}
	}
	g := cases["regression"]
	log, labels := g.log(t)
	for segment, want := range map[string]string{"sea": `version 1 has no feature "sea"; its features are ocean, rooms`} {
		if _, err := Run(t.Context(), Options{Log: log, Labels: strings.NewReader(labels), Segment: segment}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("segment %s: %v, want %s", segment, err, want)
		}
	}
	if report, err := Run(t.Context(), Options{Log: log, Labels: strings.NewReader(labels), Segment: "rooms"}); err != nil || len(report.Groups) != 8 || *report.Groups[3].Segment != "2" {
		t.Errorf("a number as a segment: %v, %+v", err, report)
	}
}

// Labels as pandas writes them mean the classes.
func TestLabelsAsPandasWritesThem(t *testing.T) {
	for _, c := range []struct {
		kind, text string
		classes    []string
		want       int // -1: none
	}{
		{"integer", "1.0", []string{"0", "1"}, 1}, {"integer", "1.5", []string{"0", "1"}, -1}, {"integer", "1e300", []string{"0", "1"}, -1},
		{"bool", "True", []string{"false", "true"}, 1}, {"bool", "0.0", []string{"false", "true"}, 0}, {"bool", "no", []string{"false", "true"}, -1},
		{"float", "0.50", []string{"0.5", "1"}, 0}, {"string", "1.0", []string{"1", "2"}, -1}, {"string", "2", []string{"1", "2"}, 1},
	} {
		shape := (&golden{Classes: c.classes, Labels: c.kind}).shape()
		got, err := (&label{text: c.text}).read(shape)
		if (err != nil) != (c.want < 0) || err == nil && got.class != c.want {
			t.Errorf("%s %q: class %d, %v; want %d", c.kind, c.text, got.class, err, c.want)
		}
	}
}

// The three ways to write a report, as they are documented.
func TestReport(t *testing.T) {
	half, more, ocean := 0.5, 1234.5678, `NEAR "BAY"`
	r := &Report{Model: "housing", Task: "regression", Segment: "ocean", Labels: 5, Matched: 3, UnmatchedLabels: 2, UnmatchedPredictions: 7, Failures: 1,
		Groups: []Group{{Version: 3, Rows: 3, RMSE: &more, MAE: &half}, {Version: 3, Segment: &ocean, Rows: 1, Note: "a prediction is not finite"}}}
	var table, textfile, doc bytes.Buffer
	if err := r.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	const wantTable = `housing, regression: 3 of 5 labels found their prediction; 7 predictions have no label
not counted: 1 rows that were not answered, 0 that the log has again
  version  rows     rmse  mae       ocean  
        3     3  1234.57  0.5       (all)  
        3     1        -    -  NEAR "BAY"  a prediction is not finite
`
	if got := strings.ReplaceAll(table.String(), "  \n", "\n"); got != strings.ReplaceAll(wantTable, "  \n", "\n") {
		t.Errorf("table\n%s\nwant\n%s", got, wantTable)
	}
	if err := r.WriteTextfile(&textfile); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# TYPE treehouse_evaluation_rmse gauge\ntreehouse_evaluation_rmse{model=\"housing\",version=\"3\",feature=\"ocean\",segment=\"\"} 1234.5678\n",
		`treehouse_evaluation_rows{model="housing",version="3",feature="ocean",segment="NEAR \"BAY\""} 1` + "\n",
		"treehouse_evaluation_unmatched_labels{model=\"housing\"} 2\n",
	} {
		if !strings.Contains(textfile.String(), want) {
			t.Errorf("textfile lacks %s in\n%s", want, &textfile)
		}
	}
	if strings.Count(textfile.String(), "treehouse_evaluation_rmse{") != 1 {
		t.Error("a figure that is none is in the textfile")
	}
	if err := r.WriteJSON(&doc); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(doc.Bytes(), &back); err != nil || back.Groups[0].Segment != nil || *back.Groups[0].RMSE != more {
		t.Errorf("JSON %s: %v", &doc, err)
	}
}

// Whatever a file of labels holds, it is labels or an error.
func FuzzLabels(f *testing.F) {
	f.Add("id,row,label\na,0,1\n")
	f.Add("\ufeffid,label\n\"a\",\"1\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := readLabels(strings.NewReader(text))
		if err != nil {
			return
		}
		for name, label := range l.byRow {
			if name.id == "" || name.row < 0 || label.line < 2 {
				t.Errorf("%+v: %+v", name, label)
			}
		}
	})
}
