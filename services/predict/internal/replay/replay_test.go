package replay

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/predict/internal/payload"
	"github.com/treehouse-ml/treehouse/services/predict/internal/payloadfile"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

func open(t *testing.T, path string) *scoring.Model {
	t.Helper()
	file, err := os.Open(path + "/model.joblib")
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

const (
	housing = "../../models/housing/"
	goldens = "../../../scoring/testdata/scikit-learn-1.9.1/"
)

// answered logs what a model says to n random rows, from a seed.
func answered(t *testing.T, m *scoring.Model, n int, change func(*payloadfile.Row)) payload.Source {
	t.Helper()
	shape := payloadfile.ShapeOf(m.Signature())
	var b bytes.Buffer
	w, err := payloadfile.NewWriter(&b, shape)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	batch := scoring.Batch{Rows: n, Columns: make([]scoring.Column, len(shape.Features))}
	for i, f := range m.Signature().Features {
		for range n {
			if f.Type == scoring.String {
				batch.Columns[i].Strings = append(batch.Columns[i].Strings, f.Categories[random.IntN(len(f.Categories))])
			} else {
				batch.Columns[i].Numbers = append(batch.Columns[i].Numbers, 10*random.NormFloat64())
			}
		}
	}
	var r scoring.Result
	if err := m.Predict(t.Context(), &batch, m.Signature().Methods, &r); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		row := payloadfile.Row{ID: fmt.Sprintf("p%d", i), Model: "m", Version: 1, Class: -1}
		for j, f := range shape.Features {
			if f.Text {
				row.Features = append(row.Features, payloadfile.Cell{Text: batch.Columns[j].Strings[i]})
			} else {
				row.Features = append(row.Features, payloadfile.Cell{Number: batch.Columns[j].Numbers[i]})
			}
		}
		if shape.Classifier() {
			k := len(shape.Classes)
			row.Class, row.Probabilities = int(r.Classes[i]), slices.Clone(r.Probabilities[i*k:(i+1)*k])
		} else {
			row.Outputs = []float64{r.Values[i]}
		}
		if change != nil {
			change(&row)
		}
		if err := w.Write(&row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	d := payload.Directory(t.TempDir())
	if err := d.Put(t.Context(), "m/v1.parquet", b.Bytes()); err != nil {
		t.Fatal(err)
	}
	return d
}

// The model itself answers as it did, in more rows than are held at once.
func TestTheSameModel(t *testing.T) {
	for _, path := range []string{housing + "1", housing + "3", goldens + "forest-classifier-three-string", goldens + "hist-classifier-bool"} {
		m := open(t, path)
		r, err := Run(t.Context(), Options{Log: answered(t, m, 2*batchRows+7, nil), Candidate: m})
		if err != nil {
			t.Fatal(err)
		}
		if r.Rows != 2*batchRows+7 || r.Beyond+r.Changed+r.Refused != 0 || r.Differences.Max != 0 || r.Share() != 0 {
			t.Errorf("%s: %+v", path, r)
		}
	}
}

func TestRegressor(t *testing.T) {
	m := open(t, housing+"1")
	n := 0
	log := answered(t, m, 1000, func(r *payloadfile.Row) {
		switch n++; {
		case n == 3:
			r.Error, r.Outputs = "the deadline passed", nil
		case n == 10, n == 700: // refused, in two batches
			r.Features[0].Number = math.Inf(1)
		case n%10 == 0:
			r.Outputs[0] -= float64(n)
		}
	})
	r, err := Run(t.Context(), Options{Log: log, Model: "m", Candidate: m, Tolerance: 500})
	if err != nil {
		t.Fatal(err)
	}
	// 20, 30, … 1000 but 700, of which those above 500 are beyond.
	if r.Rows != 997 || r.Refused != 2 || r.Failures != 1 || r.Beyond != 49 || r.Differences.P50 != 0 || r.Differences.Max < 1000-1e-6 || r.Differences.Max > 1000+1e-6 {
		t.Errorf("report %+v, differences %+v", r, r.Differences)
	}
	if p99 := r.Differences.P99; p99 < 0.98*900 || p99 > 1.02*910 {
		t.Errorf("p99 %v, want about 900", p99)
	}
	if len(r.Refusals) != 2 || r.Refusals[0].ID != "p9" || r.Refusals[1].ID != "p699" || !strings.Contains(r.Refusals[0].Error, "longitude") {
		t.Errorf("refusals %+v", r.Refusals)
	}
	if got, want := r.Share(), 51.0/999; math.Abs(got-want) > 1e-12 {
		t.Errorf("share %v, want %v", got, want)
	}
	relative, err := Run(t.Context(), Options{Log: log, Candidate: m, Tolerance: 1e9, Relative: true})
	if err != nil || relative.Beyond != 0 {
		t.Errorf("relative: %+v, %v", relative, err)
	}
	// Another version answers otherwise, which is told and no error.
	other, err := Run(t.Context(), Options{Log: log, Candidate: open(t, housing+"2")})
	if err != nil || other.Beyond < 500 || other.Differences.P50 == 0 {
		t.Errorf("another version: %+v, %v", other, err)
	}
}

func TestClassifier(t *testing.T) {
	m := open(t, goldens+"forest-classifier-three-string")
	classes := m.Signature().Classes
	n := 0
	log := answered(t, m, 100, func(r *payloadfile.Row) {
		switch n++; {
		case n <= 5: // the log said another class
			r.Class = (r.Class + 1) % 3
		case n <= 8:
			r.Probabilities[0] += 0.25
		case n == 9:
			r.Probabilities = nil // nobody asked for them
		}
	})
	r, err := Run(t.Context(), Options{Log: log, Candidate: m, Tolerance: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	changed := 0
	for _, c := range r.Changes {
		changed += c.Rows
		if c.From == c.To {
			t.Errorf("change %+v of %v", c, classes)
		}
	}
	if r.Changed != 5 || changed != 5 || r.Beyond != 8 || r.Rows != 100 || r.Differences.Rows != 99 || math.Abs(r.Differences.Max-0.25) > 1e-12 {
		t.Errorf("report %+v, differences %+v", r, r.Differences)
	}
	var table bytes.Buffer
	if err := r.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"100 compared, 0 refused", "classes", "5 changed", "beyond 0.1", "8 rows, with the refused ones 8 %"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &table)
		}
	}
}

// What cannot be compared is an error that names the feature or the task.
func TestMapping(t *testing.T) {
	house := open(t, housing+"1").Signature()
	same := payloadfile.ShapeOf(house)
	without := func(name string) *payloadfile.Shape {
		s := *same
		s.Features = slices.DeleteFunc(slices.Clone(s.Features), func(f payloadfile.Feature) bool { return f.Name == name })
		return &s
	}
	renamed := *same
	renamed.Features = slices.Clone(renamed.Features)
	renamed.Features[3].Name = "totalRooms"
	more := *same
	more.Features = append(slices.Clone(more.Features), payloadfile.Feature{Name: "colour", Text: true})
	text := *same
	text.Features = slices.Clone(text.Features)
	text.Features[0].Text = true
	for _, c := range []struct {
		name            string
		shape           *payloadfile.Shape
		absent, ignored []string
		want            string
	}{
		{"the same", same, nil, nil, ""},
		{"in camelCase", &renamed, nil, nil, ""},
		{"one more", &more, nil, []string{"colour"}, ""},
		{"one that may be missing", without("total_bedrooms"), []string{"total_bedrooms"}, nil, ""},
		{"of another type", &text, nil, nil, "the candidate takes longitude as a number, which it is not in the log"},
	} {
		m, err := newMapping(house, c.shape)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", c.name, err, c.want)
			}
			continue
		}
		if err != nil || !slices.Equal(m.absent, c.absent) || !slices.Equal(m.ignored, c.ignored) {
			t.Errorf("%s: %v, absent %v, ignored %v", c.name, err, m.absent, m.ignored)
		}
	}
	needy := *house
	needy.Features = slices.Clone(house.Features)
	needy.Features[0].Optional = false
	if _, err := newMapping(&needy, without("longitude")); err == nil || !strings.Contains(err.Error(), "the candidate needs longitude, which the log does not have") {
		t.Errorf("a needed feature: %v", err)
	}
	log := answered(t, open(t, housing+"1"), 3, nil)
	if _, err := Run(t.Context(), Options{Log: log, Candidate: open(t, goldens+"hist-classifier-bool")}); err == nil || !strings.Contains(err.Error(), "the candidate is a model for classification") {
		t.Errorf("another task: %v", err)
	}
}

// Quantiles are within a hundredth of the exact ones.
func TestSketch(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var s sketch
	var exact []float64
	for i := range 20_000 {
		v := math.Exp(5 * random.NormFloat64())
		if i%10 == 0 {
			v = 0
		}
		s.add(v)
		exact = append(exact, v)
	}
	slices.Sort(exact)
	for _, q := range []float64{0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1} {
		want := exact[int(math.Ceil(q*float64(len(exact))))-1]
		if got := s.quantile(q); math.Abs(got-want) > 0.0101*want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if len(s.counts) > 3000 {
		t.Errorf("%d buckets", len(s.counts))
	}
}
