package engine

import (
	"math"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A neighbors step searches for each row on its own. Points lie one after
// another in the order in which they are tried.
type neighbors struct {
	in, out    []model.Column
	points     []float64
	numbers    []int32 // of the points; nil: they are in order
	values     [][]float64
	k          int
	power      float64
	byDistance bool
	by         string
	zeros      bool
	lengths    []float64 // of points: |p|², where distances are expanded; else nil
	nodes      []model.PointNode
	low, high  []float64 // of nodes: their boxes
}

func newNeighbors(s *model.Neighbors) *neighbors {
	o := &neighbors{in: s.In, out: s.Out, values: s.Values, k: s.K, power: s.Power, byDistance: s.ByDistance, by: s.By, zeros: s.Zeros}
	if s.Tree == nil {
		o.points = slices.Concat(s.Points...)
	} else {
		o.numbers, o.nodes = s.Tree.Order, s.Tree.Nodes
		o.low, o.high = slices.Concat(s.Tree.Low...), slices.Concat(s.Tree.High...)
		for _, p := range s.Tree.Order {
			o.points = append(o.points, s.Points[p]...)
		}
	}
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
	n, k := len(s.in), s.k
	b.spareValues = resize(b.spareValues, n+k)
	b.sparePoints = resize(b.sparePoints, k)
	f := found{b.spareValues[:n], b.spareValues[n:], b.sparePoints}
	for row := range b.rows {
		for j, c := range s.in {
			f.row[j] = b.column(c)[row]
		}
		for i := range k {
			f.distances[i], f.points[i] = math.Inf(1), 0
		}
		switch {
		case s.nodes != nil:
			s.descend(&f, 0, s.least(f.row, 0))
		case s.lengths != nil:
			s.expanded(&f)
		default:
			s.try(&f, 0, len(s.values))
		}
		if total := s.answer(b, row, &f); total == 0 && s.by != "" {
			return b.refuse(row, s.in[0], "it is infinitely far from all points, which "+s.by+" refuses")
		}
	}
	return nil
}

// descend searches below a node whose box is so far.
func (s *neighbors) descend(f *found, at int, least float64) {
	node := &s.nodes[at]
	switch {
	case least > f.distances[0]:
	case node.Leaf:
		s.try(f, int(node.First), int(node.End))
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
	n, sum := len(row), 0.0
	low, high := s.low[at*n:][:n], s.high[at*n:][:n]
	if s.power == 2 {
		for j, x := range row {
			below, above := low[j]-x, x-high[j]
			d := 0.5 * ((below + math.Abs(below)) + (above + math.Abs(above)))
			sum += float64(d * d)
		}
		return sum
	}
	for j, x := range row {
		below, above := low[j]-x, x-high[j]
		sum = s.add(sum, 0.5*((below+math.Abs(below))+(above+math.Abs(above))))
	}
	return sum
}

// try offers the points of some places, in turn.
func (s *neighbors) try(f *found, first, end int) {
	n := len(f.row)
	points := s.points[first*n : end*n]
	if s.power == 2 {
		for ; end-first >= 4; first += 4 {
			d0, d1, d2, d3 := squaredDistances(f.row, points)
			points = points[4*n:]
			s.offer(f, d0, first)
			s.offer(f, d1, first+1)
			s.offer(f, d2, first+2)
			s.offer(f, d3, first+3)
		}
	}
	for ; first < end; first++ {
		sum := 0.0
		for j, x := range f.row {
			sum = s.add(sum, x-points[j])
		}
		points = points[n:]
		s.offer(f, sum, first)
	}
}

// expanded offers all points by expanded distances.
func (s *neighbors) expanded(f *found) {
	n, points := len(f.row), s.points
	length := dot(f.row, f.row)
	at := 0
	for ; at+4 <= len(s.lengths); at += 4 {
		d0, d1, d2, d3 := dots(f.row, points)
		points = points[4*n:]
		l := s.lengths[at : at+4]
		worst := f.distances[0]
		if d0 = length - 2*d0 + l[0]; !(d0 >= worst) {
			f.pushExpanded(d0, int32(at))
			worst = f.distances[0]
		}
		if d1 = length - 2*d1 + l[1]; !(d1 >= worst) {
			f.pushExpanded(d1, int32(at+1))
			worst = f.distances[0]
		}
		if d2 = length - 2*d2 + l[2]; !(d2 >= worst) {
			f.pushExpanded(d2, int32(at+2))
			worst = f.distances[0]
		}
		if d3 = length - 2*d3 + l[3]; !(d3 >= worst) {
			f.pushExpanded(d3, int32(at+3))
		}
	}
	for ; at < len(s.lengths); at++ {
		f.pushExpanded(length-2*dot(f.row, points[:n])+s.lengths[at], int32(at))
		points = points[n:]
	}
}

// pushExpanded pushes a point if it is near enough. Its distance may be less
// than 0, or NaN, which count as 0.
func (f *found) pushExpanded(distance float64, point int32) {
	if !(distance > 0) {
		distance = 0
	}
	if distance < f.distances[0] {
		f.push(distance, point)
	}
}

// offer offers the point of a place.
func (s *neighbors) offer(f *found, distance float64, at int) {
	if !(distance < f.distances[0]) {
		return
	}
	number := int32(at)
	if s.numbers != nil {
		number = s.numbers[at]
	}
	f.push(distance, number)
}

// squaredDistances are those of a row from four points that lie one after another,
// each summed in the order of the columns. Four sums at once take hardly
// longer than one, which waits for itself.
func squaredDistances(row, points []float64) (s0, s1, s2, s3 float64) {
	n := len(row)
	p0, p1, p2, p3 := points[:n], points[n:][:n], points[2*n:][:n], points[3*n:][:n]
	for j, x := range row {
		d0, d1, d2, d3 := x-p0[j], x-p1[j], x-p2[j], x-p3[j]
		s0 += float64(d0 * d0)
		s1 += float64(d1 * d1)
		s2 += float64(d2 * d2)
		s3 += float64(d3 * d3)
	}
	return s0, s1, s2, s3
}

// dots are the products of a row and four points that lie one after another.
func dots(row, points []float64) (s0, s1, s2, s3 float64) {
	n := len(row)
	p0, p1, p2, p3 := points[:n], points[n:][:n], points[2*n:][:n], points[3*n:][:n]
	for j, x := range row {
		s0 += float64(x * p0[j])
		s1 += float64(x * p1[j])
		s2 += float64(x * p2[j])
		s3 += float64(x * p3[j])
	}
	return s0, s1, s2, s3
}

// add adds one column's part to a distance.
func (s *neighbors) add(sum, d float64) float64 {
	switch {
	case s.power == 2:
		return sum + float64(d*d)
	case s.power == 1:
		return sum + math.Abs(d)
	case math.IsInf(s.power, 1):
		return max(sum, math.Abs(d))
	}
	return sum + math.Pow(math.Abs(d), s.power)
}

// push puts a point that is nearer than the heap's root in its place.
func (f *found) push(distance float64, point int32) {
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
		if s.byDistance {
			if w = 1 / s.root(d); math.IsInf(heaviest, 1) {
				w = float64(one(math.IsInf(w, 1)))
			}
		}
		f.distances[i] = w
		total += w
	}
	parts := total
	if total == 0 && s.zeros {
		parts = 1
	}
	for k, c := range s.out {
		sum := 0.0
		for i, p := range f.points {
			sum += float64(f.distances[i] * s.values[p][k])
		}
		b.column(c)[row] = sum / parts
	}
	return total
}

func (s *neighbors) root(d float64) float64 {
	switch {
	case s.power == 2:
		return math.Sqrt(d)
	case s.power == 1 || math.IsInf(s.power, 1):
		return d
	}
	return math.Pow(d, 1/s.power)
}
