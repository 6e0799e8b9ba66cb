package payloadfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
)

// shapes are one of each kind.
func shapes() map[string]*Shape {
	features := []Feature{{Name: "income"}, {Name: "ocean proximity", Text: true}, {Name: "age.x"}}
	out := map[string]*Shape{
		"regressor":    {Format: layout, Features: features, Outputs: 1},
		"two outputs":  {Format: layout, Features: features, Outputs: 2, Float32: true},
		"without text": {Format: layout, Features: features[:1], Outputs: 1},
	}
	for labels, classes := range map[string][]string{
		"integer": {"-3", "7"}, "float": {"0.5", "1e+300"}, "string": {"", "no", "yes"}, "bool": {"false", "true"},
	} {
		out[labels] = &Shape{Format: layout, Features: features, Classes: classes, Labels: labels, Probabilities: labels != "bool"}
	}
	return out
}

// rows are some of a shape: answered, refused, and never read.
func rows(s *Shape, n int) []Row {
	var out []Row
	for i := range n {
		r := Row{ID: fmt.Sprintf("%032x", i), Row: i % 3, Time: time.UnixMicro(1_700_000_000_000_000 + int64(i)).UTC(),
			Model: "housing", Version: 3, Class: -1, RequestID: "r", TraceID: strings.Repeat("0", i%2)}
		for j, f := range s.Features {
			switch {
			case (i+j)%5 == 0:
				r.Features = append(r.Features, Cell{Missing: true})
			case f.Text:
				r.Features = append(r.Features, Cell{Text: []string{"INLAND", "", "größer"}[i%3]})
			default:
				r.Features = append(r.Features, Cell{Number: []float64{1.5, math.Inf(1), math.Copysign(0, -1), math.SmallestNonzeroFloat64}[i%4]})
			}
		}
		switch {
		case i%7 == 3:
			r.Error = "the deadline passed"
		case s.Classifier():
			r.Class = i % len(s.Classes)
			if s.Probabilities && i%2 == 0 {
				for j := range s.Classes {
					r.Probabilities = append(r.Probabilities, float64(j)/8)
				}
			}
		default:
			for j := range s.Outputs {
				r.Outputs = append(r.Outputs, float64(i)+float64(j)/4)
			}
		}
		out = append(out, r)
	}
	return out
}

func write(t testing.TB, s *Shape, rows []Row) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Write(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (shape *Shape, out []Row, err error) {
	err = Read(bytes.NewReader(b), int64(len(b)), func(s *Shape, r *Row) error {
		shape = s
		kept := *r
		kept.Features = append([]Cell(nil), r.Features...)
		kept.Outputs = append([]float64(nil), r.Outputs...)
		kept.Probabilities = append([]float64(nil), r.Probabilities...)
		out = append(out, kept)
		return nil
	})
	return shape, out, err
}

// What is written is read, in more rows than the encoder takes at once.
func TestRoundTrip(t *testing.T) {
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			want := rows(s, 3*batchRows+5)
			shape, got, err := read(write(t, s, want))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(shape, s) {
				t.Errorf("shape %+v, want %+v", shape, s)
			}
			if len(got) != len(want) {
				t.Fatalf("%d rows, want %d", len(got), len(want))
			}
			for i := range want {
				if !reflect.DeepEqual(got[i], want[i]) {
					t.Fatalf("row %d: %+v, want %+v", i, got[i], want[i])
				}
			}
		})
	}
}

// A request whose rows could not be read is a row without features.
func TestRowWithoutFeatures(t *testing.T) {
	s := shapes()["regressor"]
	_, got, err := read(write(t, s, []Row{{ID: "a", Class: -1, Error: "column age is not given"}, {ID: "b", Class: -1, Features: []Cell{{Number: math.NaN()}, {}, {}}}}))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range got[0].Features {
		if !c.Missing {
			t.Errorf("feature %d is %+v, want it to be missing", i, c)
		}
	}
	if !got[1].Features[0].Missing || got[1].Features[1].Missing {
		t.Errorf("features %+v: want NaN to be missing, and an empty string not", got[1].Features)
	}
}

// Another reader of Parquet sees the columns under their names.
func TestColumns(t *testing.T) {
	b := write(t, shapes()["string"], rows(shapes()["string"], 3))
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range f.Schema().Columns() {
		names = append(names, strings.Join(path, "/"))
	}
	const want = "error features/age.x features/income features/ocean proximity id model prediction probabilities/list/element request_id row time trace_id version"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
}

// foreign is a Parquet file of another schema with this text as metadata.
func foreign(t *testing.T, key, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[struct{ ID string }](&b, parquet.KeyValueMetadata(key, text))
	if _, err := w.Write([]struct{ ID string }{{"a"}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRefused(t *testing.T) {
	good := write(t, shapes()["regressor"], rows(shapes()["regressor"], 10))
	const shape = `{"format":1,"features":[{"name":"a"}],"outputs":1}`
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "it is not a Parquet file"},
		{"text", []byte(strings.Repeat("id,row\n", 100)), "it is not a Parquet file"},
		{"cut off", good[:len(good)-20], "it is not a Parquet file"},
		{"of others", foreign(t, "pandas", "{}"), "not of a payload log"},
		{"other columns", foreign(t, metadataKey, shape), "its columns are not those"},
		{"no JSON", foreign(t, metadataKey, "shape"), "cannot be read"},
		{"a later format", foreign(t, metadataKey, strings.Replace(shape, ":1,", ":2,", 1)), "it is of format 2; this program reads format 1"},
		{"no features", foreign(t, metadataKey, `{"format":1,"outputs":1}`), "it has 0 features"},
		{"a feature twice", foreign(t, metadataKey, `{"format":1,"features":[{"name":"a"},{"name":"a"}],"outputs":1}`), "2 features of 1 names"},
		{"neither", foreign(t, metadataKey, `{"format":1,"features":[{"name":"a"}]}`), "neither of a regressor nor of a classifier"},
		{"labels", foreign(t, metadataKey, `{"format":1,"features":[{"name":"a"}],"classes":["x"],"labels":"colour"}`), `of the type "colour"`},
		{"huge", foreign(t, metadataKey, `{"format":1,"features":[{"name":"a"}],"outputs":1000000}`), "at most 10000"},
	} {
		if _, _, err := read(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	stop := errors.New("enough")
	if err := Read(bytes.NewReader(good), int64(len(good)), func(*Shape, *Row) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v, want the caller's error", err)
	}
	if err := Read(bytes.NewReader(nil), MaxBytes+1, nil); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a large file: %v", err)
	}
}

// A damaged byte anywhere is an error, or another value, and never a panic.
func FuzzRead(f *testing.F) {
	for _, s := range shapes() {
		f.Add(write(f, s, rows(s, 20)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		shape, got, err := read(b)
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Error("an error without words")
		}
		for _, r := range got {
			if len(r.Features) != len(shape.Features) || r.Class >= len(shape.Classes) {
				t.Fatalf("row %+v does not fit the shape", r)
			}
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	s := shapes()["regressor"]
	all := rows(s, 1000)
	for b.Loop() {
		w, err := NewWriter(io.Discard, s)
		if err != nil {
			b.Fatal(err)
		}
		for i := range all {
			if err := w.Write(&all[i]); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/row")
}
