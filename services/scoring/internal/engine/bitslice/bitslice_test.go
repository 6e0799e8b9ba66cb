package bitslice

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
)

// plain walks one row through a tree.
func plain(t *Tree, codes func(column int32) uint8) int {
	at := int32(0)
	if len(t.Splits) == 0 {
		return 0
	}
	for at >= 0 {
		s := &t.Splits[at]
		at = s.Left
		for i, b := range s.Boundaries {
			switch {
			case codes(s.Column) <= b:
			case i%2 == 0:
				at = s.Right
			default:
				at = s.Left
			}
		}
	}
	return int(^at)
}

// randomTree grows a tree by splitting a random leaf until it has that many.
func randomTree(r *rand.Rand, leaves, columns, width, score int, several bool) Tree {
	t := Tree{Score: score}
	type place struct {
		split int
		right bool
	}
	open := []place{{-1, false}}
	for len(open) < leaves {
		i := r.IntN(len(open))
		if r.IntN(4) == 0 {
			i = len(open) - 1 // a long branch
		}
		at := open[i]
		n := len(t.Splits)
		t.Splits = append(t.Splits, Split{Column: int32(r.IntN(columns)), Boundaries: randomBoundaries(r, several)})
		t.attach(at.split, at.right, int32(n))
		open[i] = place{n, false}
		open = append(open, place{n, true})
	}
	for i, at := range open {
		t.attach(at.split, at.right, ^int32(i))
	}
	values := leaves
	if score < 0 {
		values *= width
	}
	for range values {
		t.Leaves = append(t.Leaves, float64(float32(r.NormFloat64())))
	}
	return t
}

// randomBoundaries draws one boundary, or if several are allowed sometimes none
// or many.
func randomBoundaries(r *rand.Rand, several bool) []uint8 {
	n := 1
	if several && r.IntN(3) == 0 {
		n = r.IntN(8)
	}
	var out []uint8
	for len(out) < n {
		out = append(out, uint8(r.IntN(255)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (t *Tree) attach(split int, right bool, child int32) {
	switch {
	case split < 0:
	case right:
		t.Splits[split].Right = child
	default:
		t.Splits[split].Left = child
	}
}

// every runs a test for every set of instructions that there is.
func every(t *testing.T, f func(t *testing.T, use instructions.Set)) {
	for _, use := range instructions.Available() {
		t.Run(use.String(), func(t *testing.T) { f(t, use) })
	}
}

// Every row gets the sums that walking it through the trees gives.
func TestScore(t *testing.T) {
	every(t, func(t *testing.T, use instructions.Set) {
		r := rand.New(rand.NewPCG(1, 2))
		for _, leaves := range []int{1, 2, 3, 5, 31, 32, 33, 64, 65, 128, 255, 256} {
			for _, rows := range []int{1, 63, 64, 65, 300, 511, 512} {
				for _, single := range []bool{true, false} {
					width, columns := 1+r.IntN(3), 1+r.IntN(40)
					var trees []Tree
					for range 1 + r.IntN(6) {
						trees = append(trees, randomTree(r, leaves, columns, width, r.IntN(width+1)-1, r.IntN(2) == 0))
					}
					check(t, fmt.Sprintf("%d leaves, %d rows, single %v", leaves, rows, single), r, New(trees, width, single, use), trees, rows)
				}
			}
		}
	})
}

func check(t *testing.T, name string, r *rand.Rand, f *Forest, trees []Tree, rows int) {
	t.Helper()
	width, single := f.width, f.single
	b := f.NewBlock()
	for range 2 { // the second time on memory that is not fresh
		for i := range b.codes {
			b.codes[i] = uint8(r.Uint32())
		}
		base := make([]float64, width)
		for k := range base {
			base[k] = float64(float32(r.NormFloat64()))
		}
		got := make([]float64, rows*width)
		b.Score(rows, base, got)
		for row := range rows {
			want := slices.Clone(base)
			for i := range trees {
				leaf := plain(&trees[i], func(c int32) uint8 { return b.codes[int(c)*Rows+row] })
				for k := range width {
					v := 0.0
					switch trees[i].Score {
					case -1:
						v = trees[i].Leaves[leaf*width+k]
					case k:
						v = trees[i].Leaves[leaf]
					default:
						continue
					}
					if single {
						want[k] = float64(float32(want[k]) + float32(v))
					} else {
						want[k] += v
					}
				}
			}
			if !slices.Equal(got[row*width:][:width], want) {
				t.Fatalf("%s: row %d: got %v, want %v", name, row, got[row*width:][:width], want)
			}
		}
	}
}

// A code is the number of thresholds below a value, at thresholds and between
// them, at both zeros, infinities, denormals and NaN.
func TestCode(t *testing.T) {
	every(t, func(t *testing.T, use instructions.Set) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, n := range []int{0, 1, 2, 15, 16, 31, 32, 63, 64, 127, 128, 200, 255} {
			for _, single := range []bool{true, false} {
				for _, missing := range []float64{math.Inf(-1), 0, math.Inf(1)} {
					thresholds := randomThresholds(r, n, single)
					c := NewColumns([]Thresholds{{nil, 0}, {thresholds, missing}}, single, use)
					x := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 5e-324, -5e-324, 1e-45, -1e-45, 1e300, math.MaxFloat64}
					for _, v := range thresholds {
						x = append(x, v, math.Nextafter(v, math.Inf(1)), math.Nextafter(v, math.Inf(-1)), float64(math.Nextafter32(float32(v), 100)))
					}
					for len(x)%Rows != 7 {
						x = append(x, r.NormFloat64()*10)
					}
					for start := 0; start < len(x); start += Rows {
						checkCodes(t, c, thresholds, x[start:min(start+Rows, len(x))], single, missing)
					}
				}
			}
		}
	})
}

// CodeRow finds the codes that Code finds.
func TestCodeRow(t *testing.T) {
	every(t, func(t *testing.T, use instructions.Set) {
		r := rand.New(rand.NewPCG(9, 10))
		for _, n := range []int{0, 1, 7, 8, 9, 15, 16, 17, 40, 130} {
			for _, single := range []bool{true, false} {
				var thresholds []Thresholds
				for range n {
					thresholds = append(thresholds, Thresholds{randomThresholds(r, r.IntN(256), single), []float64{0, math.Inf(1), math.Inf(-1)}[r.IntN(3)]})
				}
				c := NewColumns(thresholds, single, use)
				x, got := make([]float64, c.RowColumns()), make([]uint8, c.RowColumns())
				for range 200 {
					for i := range x {
						x[i] = r.NormFloat64()
						if r.IntN(4) == 0 {
							x[i] = []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 1e300}[r.IntN(5)]
						} else if i < n && len(thresholds[i].Values) > 0 && r.IntN(2) == 0 {
							x[i] = thresholds[i].Values[r.IntN(len(thresholds[i].Values))]
						}
					}
					c.CodeRow(x, got)
					for i := range n {
						var want [Rows]uint8
						c.Code(i, x[i:i+1], &want)
						if got[i] != want[0] {
							t.Fatalf("%d columns, single %v: code of %v in column %d is %d, want %d", n, single, x[i], i, got[i], want[0])
						}
					}
				}
			}
		}
	})
}

func randomThresholds(r *rand.Rand, n int, single bool) []float64 {
	var out []float64
	for len(out) < n {
		v := r.NormFloat64() * math.Pow(10, r.NormFloat64())
		switch r.IntN(20) {
		case 0:
			v = 0
		case 1:
			v = 1e-45
		case 2:
			v = math.Inf(-1)
		}
		if single {
			v = float64(float32(v))
		}
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

func checkCodes(t *testing.T, c *Columns, thresholds, x []float64, single bool, missing float64) {
	t.Helper()
	var codes [Rows]uint8
	c.Code(1, x, &codes)
	for i, v := range x {
		if v != v {
			v = missing
		}
		if single {
			v = float64(float32(v))
		}
		want := 0
		for _, threshold := range thresholds {
			if threshold < v {
				want++
			}
		}
		if int(codes[i]) != want {
			t.Fatalf("%d thresholds, single %v, missing %v: code of %v is %d, want %d", len(thresholds), single, missing, x[i], codes[i], want)
		}
	}
}

func BenchmarkScore(b *testing.B) {
	for _, c := range []struct {
		trees, leaves int
		single        bool
	}{{100, 64, true}, {1000, 256, true}, {500, 31, false}, {500, 255, false}} {
		r := rand.New(rand.NewPCG(5, 6))
		var trees []Tree
		for range c.trees {
			if c.leaves&(c.leaves-1) == 0 {
				trees = append(trees, balanced(r, c.leaves, 30))
			} else {
				trees = append(trees, randomTree(r, c.leaves, 30, 1, 0, false))
			}
		}
		for _, use := range instructions.Available() {
			block := New(trees, 1, c.single, use).NewBlock()
			for i := range block.codes {
				block.codes[i] = uint8(r.Uint32())
			}
			scores := make([]float64, Rows)
			b.Run(fmt.Sprintf("trees=%d/leaves=%d/%v", c.trees, c.leaves, use), func(b *testing.B) {
				for b.Loop() {
					block.Score(Rows, []float64{0}, scores)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Rows/1000, "µs/row")
			})
		}
	}
}

func balanced(r *rand.Rand, leaves, columns int) Tree {
	t := randomTree(r, leaves, columns, 1, 0, false)
	for i := range t.Splits {
		t.Splits[i].Left, t.Splits[i].Right = int32(2*i+1), int32(2*i+2)
		if 2*i+1 >= leaves-1 {
			t.Splits[i].Left, t.Splits[i].Right = ^int32(2*i+1-(leaves-1)), ^int32(2*i+2-(leaves-1))
		}
	}
	return t
}

func BenchmarkCode(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	x := make([]float64, Rows)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	var codes [Rows]uint8
	for _, n := range []int{15, 255} {
		thresholds := make([]float64, n)
		for i := range thresholds {
			thresholds[i] = float64(float32(r.NormFloat64()))
		}
		slices.Sort(thresholds)
		for _, single := range []bool{true, false} {
			for _, use := range instructions.Available() {
				c := NewColumns(slices.Repeat([]Thresholds{{thresholds, 0}}, 30), single, use)
				b.Run(fmt.Sprintf("thresholds=%d/single=%v/%v", n, single, use), func(b *testing.B) {
					for b.Loop() {
						c.Code(0, x, &codes)
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/Rows, "ns/value")
				})
				b.Run(fmt.Sprintf("row/thresholds=%d/single=%v/%v", n, single, use), func(b *testing.B) {
					for b.Loop() {
						c.CodeRow(x, codes[:])
					}
				})
			}
		}
	}
}
