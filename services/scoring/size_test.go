package scoring

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// information is how many bytes it takes to write an ensemble down as an array
// of nodes and one of leaves, in the widths in which it computes: of a split
// the feature, the children (4 bytes each), where a missing value goes (1) and
// the threshold, as wide as the inputs are when they are compared, or the number
// of a set (4); of a leaf its values, as wide as the sum; and the words of the
// sets.
func information(e *model.Ensemble) int {
	width := func(p model.Precision) int {
		if p == model.F32 {
			return 4
		}
		return 8
	}
	n := 0
	for i := range e.Trees {
		t := &e.Trees[i]
		n += len(t.Leaves) * width(e.Sum)
		for j := range t.Nodes {
			if n += 4 + 2*4 + 1; t.Nodes[j].Set >= 0 {
				n += 4
			} else {
				n += width(e.Input)
			}
		}
		for j := range t.Linear {
			n += 8 + len(t.Linear[j].Coef)*(8+4)
		}
	}
	for i := range e.Sets {
		n += 4 * (len(e.Sets[i].Members) + len(e.Sets[i].Known))
	}
	return n
}

// uneven adds a subtree whose leaves go a third to two thirds left.
func uneven(r *rand.Rand, t *model.Tree, leaves, features int, even bool) int32 {
	if leaves == 1 {
		t.Leaves = append(t.Leaves, float64(float32(r.NormFloat64())))
		return ^int32(len(t.Leaves) - 1)
	}
	at := len(t.Nodes)
	t.Nodes = append(t.Nodes, model.Node{Feature: int32(r.IntN(features)), Threshold: float64(r.IntN(255)-127) / 64, Set: -1})
	n := leaves / 2
	if !even {
		n = max(1, leaves/3+r.IntN(leaves/3+1))
	}
	left := uneven(r, t, n, features, even)
	right := uneven(r, t, leaves-n, features, even)
	t.Nodes[at].Left, t.Nodes[at].Right = left, right
	return int32(at)
}

func synthetic(trees, leaves int, even bool, p model.Precision) *model.Model {
	const features = 30
	r := rand.New(rand.NewPCG(1, 2))
	e := &model.Ensemble{Input: p, Sum: p, Base: []float64{0}}
	m := &model.Model{Columns: features, Estimator: e}
	for i := range features {
		m.Features = append(m.Features, model.Feature{Name: string(rune('a' + i))})
		e.In = append(e.In, model.Column(i))
	}
	for range trees {
		var t model.Tree
		uneven(r, &t, leaves, features, even)
		e.Trees = append(e.Trees, t)
	}
	return m
}

// withSets makes the splits of six features test a set each, out of 60
// categories.
func withSets(m *model.Model) *model.Model {
	r := rand.New(rand.NewPCG(3, 4))
	e := m.Estimator.(*model.Ensemble)
	for i := range e.Trees {
		for j := range e.Trees[i].Nodes {
			if n := &e.Trees[i].Nodes[j]; n.Feature < 6 {
				n.Set, n.Threshold = int32(len(e.Sets)), 0
				e.Sets = append(e.Sets, model.Set{Members: []uint32{r.Uint32(), r.Uint32() >> 4}, MembersLeft: true})
			}
		}
	}
	return m
}

// A compiled model is at most twice as large as the information in it. Small
// ones may take what a model and its columns do however few the thresholds.
func TestCompiledSize(t *testing.T) {
	const aColumn, aModel = 2 << 10, 8 << 10
	models := map[string]*model.Model{
		"boosted 100×6":     synthetic(100, 64, true, model.F32),
		"boosted 1000×8":    synthetic(1000, 256, true, model.F32),
		"leaf-wise 500×31":  synthetic(500, 31, false, model.F64),
		"leaf-wise 500×255": synthetic(500, 255, false, model.F64),
		"categories 500×31": withSets(synthetic(500, 31, false, model.F64)),
	}
	for _, pattern := range []string{"../predict/models/housing/*/model.joblib", "testdata/*/*/model.*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if m, err := read(data, defaultMaxBytes); err == nil {
				models[path] = m
			}
		}
	}
	for name, m := range models {
		e, ok := m.Estimator.(*model.Ensemble)
		if !ok {
			continue
		}
		for _, use := range []engine.Instructions{engine.Portable, engine.Vector} {
			p, err := engine.CompileFor(m, use)
			if err != nil {
				t.Fatal(err)
			}
			size, info := int(p.Bytes()), information(e)
			if size > 2*info+aColumn*m.Columns+aModel {
				t.Errorf("%s, %v: %d bytes for %d of information and %d columns", name, use, size, info, m.Columns)
			}
			if large := info > 50<<10; large && size > 2*info {
				t.Errorf("%s, %v: %d bytes for %d of information", name, use, size, info)
			}
		}
	}
}

// hundredTrees is an XGBoost model as the library writes it, with a hundred
// trees of depth 6 instead of its own.
func hundredTrees(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/xgboost-3.2.0/booster-hist/model.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	of := func(v any, key string) map[string]any { return v.(map[string]any)[key].(map[string]any) }
	forest := of(of(file["learner"], "gradient_booster"), "model")
	r := rand.New(rand.NewPCG(5, 6))
	const trees, splits = 100, 63
	list, info, indices := make([]any, trees), make([]any, trees), []any{0}
	for i := range trees {
		own := maps.Clone(forest["trees"].([]any)[0].(map[string]any))
		column := func(name string, value func(node int) any) {
			values := make([]any, 2*splits+1)
			for node := range values {
				values[node] = value(node)
			}
			own[name] = values
		}
		inner := func(node int, split, leaf any) any {
			if node < splits {
				return split
			}
			return leaf
		}
		column("left_children", func(n int) any { return inner(n, 2*n+1, -1) })
		column("right_children", func(n int) any { return inner(n, 2*n+2, -1) })
		column("parents", func(n int) any {
			if n == 0 {
				return 2147483647
			}
			return (n - 1) / 2
		})
		column("split_indices", func(n int) any { return inner(n, r.IntN(2), 0) })
		column("split_conditions", func(int) any { return float32(r.NormFloat64()) })
		column("default_left", func(int) any { return r.IntN(2) })
		column("split_type", func(int) any { return 0 })
		column("base_weights", func(int) any { return float32(r.NormFloat64()) })
		column("loss_changes", func(int) any { return float32(r.NormFloat64()) })
		column("sum_hessian", func(int) any { return float32(r.NormFloat64()) })
		own["id"] = i
		param := maps.Clone(own["tree_param"].(map[string]any))
		param["num_nodes"] = strconv.Itoa(2*splits + 1)
		own["tree_param"] = param
		list[i], info[i], indices = own, 0, append(indices, i+1)
	}
	forest["trees"], forest["tree_info"], forest["iteration_indptr"] = list, info, indices
	of(forest, "gbtree_model_param")["num_trees"] = strconv.Itoa(trees)
	if data, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	return data
}

// What many models take comes back when they are let go.
func TestManyModels(t *testing.T) {
	const models = 100
	data := hundredTrees(t)
	before := heap()
	open := make([]*Model, models)
	for i := range open {
		m, err := Open(bytes.NewReader(data), &Options{AllowUntested: true})
		if err != nil {
			t.Fatal(err)
		}
		open[i] = m
	}
	if each := (heap() - before) / models; each > 300<<10 {
		t.Errorf("a model takes %d bytes", each)
	}
	if d := open[0].Description(); d.Trees != 100 || d.Leaves != 6400 {
		t.Errorf("the model has %d trees and %d leaves", d.Trees, d.Leaves)
	}
	clear(open)
	if left := heap() - before; left > 1<<20 {
		t.Errorf("%d bytes are left of models that are closed", left)
	}
}

// BenchmarkOpenHundredTrees tells how long a thousand models of a hundred trees take to
// open on one processor: a second for each millisecond.
func BenchmarkOpenHundredTrees(b *testing.B) {
	data := hundredTrees(b)
	for b.Loop() {
		if _, err := Open(bytes.NewReader(data), &Options{AllowUntested: true}); err != nil {
			b.Fatal(err)
		}
	}
}

// heap is what is in use, without what nobody refers to.
func heap() int64 {
	var s runtime.MemStats
	runtime.GC()
	runtime.GC() // sync.Pools let go at the second
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// What a model needs to answer one large batch is given back.
func TestScratchIsGivenBack(t *testing.T) {
	m, err := newModel(synthetic(1000, 255, false, model.F64), engine.Vector)
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	const rows = 100_000
	func() {
		b := &Batch{Rows: rows, Columns: make([]Column, 30)}
		x := make([]float64, rows)
		for i := range b.Columns {
			b.Columns[i].Numbers = x
		}
		if err := m.Predict(t.Context(), b, Predict, new(Result)); err != nil {
			t.Fatal(err)
		}
	}()
	if left := heap() - before; left > 64<<10 {
		t.Errorf("%d bytes are left", left)
	}
	runtime.KeepAlive(m)
}
