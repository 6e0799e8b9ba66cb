package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A neighbors step searches for each row on its own.
type neighbors struct {
	*model.Neighbors
	lengths []float64 // of points: |p|², where distances are expanded
}

func newNeighbors(s *model.Neighbors) *neighbors {
	o := &neighbors{Neighbors: s}
	if s.Expanded {
		for _, p := range s.Points {
			o.lengths = append(o.lengths, dot(p, p))
		}
	}
	return o
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for j, x := range a {
		sum += float64(x * b[j])
	}
	return sum
}

// A found is what a search has found so far: the heap, and the row it is for.
type found struct {
	row, distances []float64
	points         []int32
}

func (s *neighbors) run(b *Block) error {
	n, k := len(s.In), s.K
	b.spareValues = resize(b.spareValues, n+k)
	b.sparePoints = resize(b.sparePoints, k)
	f := found{b.spareValues[:n], b.spareValues[n:], b.sparePoints}
	for row := range b.rows {
		for j, c := range s.In {
			f.row[j] = b.column(c)[row]
		}
		for i := range k {
			f.distances[i], f.points[i] = math.Inf(1), 0
		}
		switch {
		case s.Tree != nil:
			s.descend(&f, 0, s.least(f.row, 0))
		case s.Expanded:
			length := dot(f.row, f.row)
			for i, p := range s.Points {
				d := length - 2*dot(f.row, p) + s.lengths[i]
				if !(d > 0) {
					d = 0
				}
				f.push(d, int32(i))
			}
		default:
			for i, p := range s.Points {
				f.push(s.distance(f.row, p), int32(i))
			}
		}
		if total := s.answer(b, row, &f); total == 0 && s.By != "" {
			return b.refuse(row, s.In[0], "it is infinitely far from all points, which "+s.By+" refuses")
		}
	}
	return nil
}

// descend searches below a node whose box is so far.
func (s *neighbors) descend(f *found, at int, least float64) {
	node := &s.Tree.Nodes[at]
	switch {
	case least > f.distances[0]:
	case node.Leaf:
		for _, p := range s.Tree.Order[node.First:node.End] {
			f.push(s.distance(f.row, s.Points[p]), p)
		}
	default:
		left, right := s.least(f.row, 2*at+1), s.least(f.row, 2*at+2)
		if left <= right {
			s.descend(f, 2*at+1, left)
			s.descend(f, 2*at+2, right)
		} else {
			s.descend(f, 2*at+2, right)
			s.descend(f, 2*at+1, left)
		}
	}
}

// least is how far the box of a node is from a row.
func (s *neighbors) least(row []float64, at int) float64 {
	low, high, sum := s.Tree.Low[at], s.Tree.High[at], 0.0
	for j, x := range row {
		below, above := low[j]-x, x-high[j]
		sum = s.add(sum, 0.5*((below+math.Abs(below))+(above+math.Abs(above))))
	}
	return sum
}

func (s *neighbors) distance(row, p []float64) float64 {
	sum := 0.0
	for j, x := range row {
		sum = s.add(sum, x-p[j])
	}
	return sum
}

// add adds one column's part to a distance.
func (s *neighbors) add(sum, d float64) float64 {
	switch {
	case s.Power == 2:
		return sum + float64(d*d)
	case s.Power == 1:
		return sum + math.Abs(d)
	case math.IsInf(s.Power, 1):
		return max(sum, math.Abs(d))
	}
	return sum + math.Pow(math.Abs(d), s.Power)
}

// push offers a point to the heap.
func (f *found) push(distance float64, point int32) {
	if !(distance < f.distances[0]) {
		return
	}
	n, at := len(f.distances), 0
	for {
		child := 2*at + 1
		if child >= n {
			break
		}
		if child+1 < n && f.distances[child+1] > f.distances[child] {
			child++
		}
		if f.distances[child] <= distance {
			break
		}
		f.distances[at], f.points[at] = f.distances[child], f.points[child]
		at = child
	}
	f.distances[at], f.points[at] = distance, point
}

// answer sets the outputs of a row from what was found, the nearest first, and returns the sum
// of the weights.
func (s *neighbors) answer(b *Block, row int, f *found) (total float64) {
	for i := range f.distances { // a heap is nearly sorted, and small
		for j := i; j > 0 && f.distances[j] < f.distances[j-1]; j-- {
			f.distances[j], f.distances[j-1] = f.distances[j-1], f.distances[j]
			f.points[j], f.points[j-1] = f.points[j-1], f.points[j]
		}
	}
	heaviest := 1 / s.root(f.distances[0])
	for i, d := range f.distances { // distances become weights
		w := 1.0
		if s.ByDistance {
			if w = 1 / s.root(d); math.IsInf(heaviest, 1) {
				w = float64(one(math.IsInf(w, 1)))
			}
		}
		f.distances[i] = w
		total += w
	}
	for k, c := range s.Out {
		sum := 0.0
		for i, p := range f.points {
			sum += float64(f.distances[i] * s.Values[p][k])
		}
		b.column(c)[row] = sum / total
	}
	return total
}

func (s *neighbors) root(d float64) float64 {
	switch {
	case s.Power == 2:
		return math.Sqrt(d)
	case s.Power == 1 || math.IsInf(s.Power, 1):
		return d
	}
	return math.Pow(d, 1/s.Power)
}
