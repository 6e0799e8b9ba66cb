package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A shape is an ensemble as the libraries make them; the values are random.
type shape struct {
	name   string
	trees  int
	leaves int
	depth  int // leaves beyond it are not split
	split  func(r *rand.Rand, leaves int) int
	e      model.Ensemble // without trees
}

var shapes = []shape{
	{"boosted-100x6", 100, 64, 6, evenly, model.Ensemble{Input: model.F32, Compare: model.Less, Sum: model.F32}},
	{"boosted-1000x8", 1000, 256, 8, evenly, model.Ensemble{Input: model.F32, Compare: model.Less, Sum: model.F32}},
	{"leafwise-500x31", 500, 31, 30, unevenly, model.Ensemble{}},
	{"leafwise-500x255", 500, 255, 30, unevenly, model.Ensemble{}},
	{"forest-500x12", 500, 1500, 12, unevenly, model.Ensemble{Input: model.F32, Divisor: 500}},
	{"forest-100", 100, 8000, 60, unevenly, model.Ensemble{Input: model.F32, Divisor: 100}},
}

func evenly(_ *rand.Rand, leaves int) int { return leaves / 2 }

// unevenly sends a third to two thirds of the leaves left.
func unevenly(r *rand.Rand, leaves int) int {
	return max(1, min(leaves-1, leaves/3+r.IntN(leaves/3+1)))
}

const benchFeatures = 30

// grow adds a subtree and returns it as a child.
func grow(r *rand.Rand, t *model.Tree, leaves, depth int, split func(*rand.Rand, int) int, threshold func() float64) int32 {
	if leaves == 1 || depth == 0 {
		t.Leaves = append(t.Leaves, float64(float32(r.NormFloat64())))
		return ^int32(len(t.Leaves) - 1)
	}
	at := len(t.Nodes)
	t.Nodes = append(t.Nodes, model.Node{Feature: int32(r.IntN(benchFeatures)), Threshold: threshold(), Set: -1, Missing: model.Missing(r.IntN(2))})
	n := split(r, leaves)
	left := grow(r, t, n, depth-1, split, threshold)
	right := grow(r, t, leaves-n, depth-1, split, threshold)
	t.Nodes[at].Left, t.Nodes[at].Right = left, right
	return int32(at)
}

// shapeModel fills a shape's ensemble and makes a model of it.
func shapeModel(shape *shape, r *rand.Rand) *model.Model {
	e := shape.e
	m := &model.Model{Columns: benchFeatures, Estimator: &e}
	for i := range benchFeatures {
		m.Features = append(m.Features, model.Feature{Name: fmt.Sprint("f", i)})
		e.In = append(e.In, model.Column(i))
	}
	e.Base = []float64{0}
	threshold := func() float64 { return float64(r.IntN(255)-127) / 64 } // as of histograms
	if e.Divisor != 0 {
		threshold = func() float64 { return float64(float32(r.NormFloat64())) }
	}
	for range shape.trees {
		var t model.Tree
		grow(r, &t, shape.leaves, shape.depth, shape.split, threshold)
		e.Trees = append(e.Trees, t)
	}
	return m
}

func BenchmarkEnsemble(b *testing.B) {
	for i := range shapes {
		shape := &shapes[i]
		r := rand.New(rand.NewPCG(1, 2))
		m := shapeModel(shape, r)
		p, err := Compile(m)
		if err != nil {
			b.Fatal(err)
		}
		x := make([]float64, 64*1024)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		for _, rows := range []int{1, 16, 64, 256, 512} {
			out := Outputs{Values: make([]float64, rows)}
			b.Run(fmt.Sprintf("%s/rows=%d", shape.name, rows), func(b *testing.B) {
				at := 0
				for b.Loop() {
					block := p.Get(rows)
					for i := range benchFeatures {
						at = (at + rows) % (len(x) - rows)
						block.SetNumbers(i, x[at:at+rows])
					}
					if err := block.Run(&out); err != nil {
						b.Fatal(err)
					}
					p.Put(block)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows)/1000, "µs/row")
			})
		}
	}
}
