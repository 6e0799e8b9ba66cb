package sklearn

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// TestDamage takes every attribute of every object in every file, removes it
// or puts something else in its place, and wants a model or one of the two
// errors: no panic, and no other error.
func TestDamage(t *testing.T) {
	strange := []pickle.Value{
		nil, true, int64(-1), int64(7), int64(math.MaxInt64), math.NaN(), math.Inf(1), 0.5, "text", "", pickle.Bytes("x"),
		pickle.Tuple{}, pickle.Tuple{nil, nil}, &pickle.List{}, &pickle.List{Items: []pickle.Value{nil, int64(3)}}, &pickle.Dict{},
		&pickle.Class{Module: "os", Name: "system"}, &pickle.Object{Class: &pickle.Class{Module: "sklearn.x", Name: "Ridge"}}, &pickle.Object{},
		&pickle.Array{Dtype: pickle.Dtype{Kind: 'f', Size: 8}, Shape: []int{0}},
		&pickle.Array{Dtype: pickle.Dtype{Kind: 'f', Size: 8}, Shape: []int{1}, Data: []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x7f}},
		&pickle.Array{Dtype: pickle.Dtype{Kind: 'f', Size: 8}, Shape: []int{2, 0}},
		&pickle.Array{Dtype: pickle.Dtype{Kind: 'i', Size: 8}, Shape: []int{1}, Data: []byte{255, 255, 255, 255, 255, 255, 255, 255}},
		&pickle.Array{Dtype: pickle.Dtype{Kind: 'i', Size: 8}, Shape: nil, Data: []byte{1, 0, 0, 0, 0, 0, 0, 0}},
		&pickle.Dtype{Kind: 'f', Size: 2},
	}
	tries, models := 0, 0
	for _, path := range files(t) {
		f := decode(t, path)
		for _, d := range dicts(f.Root) {
			for i := range d.Keys {
				key, value := d.Keys[i], d.Values[i]
				read := func(what string) {
					tries++
					if _, err := Read(f, Boosters{XGBoost: standIn}); err == nil {
						models++
					} else {
						expected(t, fmt.Sprintf("%s: %v is %s", path, key, what), err)
					}
				}
				for n, s := range strange {
					if testing.Short() && (i+n)%8 != 0 {
						continue
					}
					d.Values[i] = s
					read(typeName(s))
				}
				d.Values[i] = value
				d.Keys[i] = "gone"
				read("gone")
				d.Keys[i] = key
			}
		}
	}
	t.Logf("%d damaged models, %d of them still models", tries, models)
}

// expected wants one of the errors that Read promises.
func expected(t *testing.T, what string, err error) {
	t.Helper()
	var format *model.FormatError
	var unsupported *model.UnsupportedError
	if !errors.As(err, &format) && !errors.As(err, &unsupported) {
		t.Errorf("%s: %v (%T)", what, err, err)
	}
}

// dicts collects the states of all objects under a value, and all other dicts.
func dicts(root pickle.Value) []*pickle.Dict {
	var out []*pickle.Dict
	seen := make(map[any]bool)
	open := []pickle.Value{root}
	for len(open) > 0 {
		v := open[len(open)-1]
		open = open[:len(open)-1]
		switch v := v.(type) {
		case pickle.Tuple:
			open = append(open, v...)
		case *pickle.List:
			open = append(open, v.Items...)
		case *pickle.Array:
			open = append(open, v.Objects...)
		case *pickle.Object:
			if !seen[v] {
				seen[v] = true
				open = append(open, v.State, v.Args)
			}
		case *pickle.Dict:
			if !seen[v] {
				seen[v] = true
				out = append(out, v)
				open = append(open, v.Values...)
			}
		}
	}
	return out
}

// TestSharedTree: a file may refer to one object many times, and so be small
// where its model would be large.
func TestSharedTree(t *testing.T) {
	f := decode(t, "1.9.1/forest")
	list, _ := f.Root.(*pickle.Object).Attr("estimators_")
	trees := list.(*pickle.List)
	trees.Items = slices.Repeat(trees.Items[:1], 1000)
	_, err := Read(f, Boosters{})
	if err == nil {
		t.Fatal("a forest of one tree, a thousand times, is read")
	}
	expected(t, "a shared tree", err)
}

// TestCycle: a pipeline that holds itself ends.
func TestCycle(t *testing.T) {
	f := decode(t, "1.9.1/search")
	root := f.Root.(*pickle.Object)
	d := root.State.(*pickle.Dict)
	for i, k := range d.Keys {
		if k == "best_estimator_" {
			d.Values[i] = root
		}
	}
	_, err := Read(f, Boosters{})
	if err == nil {
		t.Fatal("a search whose best model is itself is read")
	}
	expected(t, "a cycle", err)
}

// TestLaughs: pipelines of pipelines that share their parts are refused
// before they are walked to the end.
func TestLaughs(t *testing.T) {
	f := decode(t, "1.9.1/search")
	best, _ := f.Root.(*pickle.Object).Attr("best_estimator_")
	pipeline := best.(*pickle.Object)
	steps, _ := pipeline.Attr("steps")
	list := steps.(*pickle.List)
	model := list.Items[1]
	for range 20 {
		inner := &pickle.Object{Class: pipeline.Class, State: &pickle.Dict{
			Keys: []pickle.Value{"steps"}, Values: []pickle.Value{&pickle.List{Items: slices.Clone(list.Items[:len(list.Items)-1])}},
		}}
		part := pickle.Tuple{"p", inner}
		list.Items = []pickle.Value{part, part, part, part, model}
	}
	_, err := Read(f, Boosters{})
	if err == nil {
		t.Fatal("4^20 steps are read")
	}
	expected(t, "shared pipelines", err)
}

// remove takes a key out of a dict.
func remove(d *pickle.Dict, key string) {
	if i := slices.Index(d.Keys, pickle.Value(key)); i >= 0 {
		d.Keys, d.Values = slices.Delete(d.Keys, i, i+1), slices.Delete(d.Values, i, i+1)
	}
}

// FuzzRead reads damaged files: whatever decodes gives a model or an error.
func FuzzRead(f *testing.F) {
	for _, path := range files(f) {
		f.Add(raw(f, path))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := pickle.Decode(data, pickle.Limits{MaxBytes: 1 << 20, MaxOps: 1 << 16, MaxMemory: 1 << 24})
		if err != nil {
			return
		}
		if _, err := Read(file, Boosters{XGBoost: standIn}); err != nil {
			expected(t, "fuzz", err)
		}
	})
}
