package reference

import (
	"math"
	"sort"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A candidate is a point and how far it is from the row.
type candidate struct {
	distance float64
	point    int32
}

// search is the heap of a nearest neighbor search: parents are not nearer than children.
type search struct {
	s    *model.Neighbors
	x    []float64
	heap []candidate
}

func neighbors(x []float64, s *model.Neighbors) ([]float64, error) {
	h := &search{s: s, x: x}
	for range s.K {
		h.heap = append(h.heap, candidate{distance: math.Inf(1)})
	}
	if s.Tree != nil {
		h.visit(0)
	} else {
		for i := range s.Points {
			h.try(int32(i))
		}
	}
	found := h.heap
	sort.SliceStable(found, func(i, j int) bool { return found[i].distance < found[j].distance })
	weights, total := make([]float64, len(found)), 0.0
	touching := s.ByDistance && math.IsInf(1/rooted(found[0].distance, s.Power), 1)
	for i, c := range found {
		weights[i] = 1
		if s.ByDistance {
			weights[i] = 1 / rooted(c.distance, s.Power)
		}
		if touching && math.IsInf(weights[i], 1) {
			weights[i] = 1
		} else if touching {
			weights[i] = 0
		}
		total += weights[i]
	}
	if total == 0 && s.By != "" {
		return nil, ErrRefused
	}
	if total == 0 && s.Zeros {
		total = 1
	}
	y := make([]float64, len(s.Out))
	for k := range y {
		for i, c := range found {
			y[k] += float64(weights[i] * s.Values[c.point][k])
		}
		y[k] /= total
	}
	return y, nil
}

func rooted(d, power float64) float64 {
	switch {
	case power == 2:
		return math.Sqrt(d)
	case math.IsInf(power, 1) || power == 1:
		return d
	}
	return math.Pow(d, 1/power)
}

func (h *search) try(point int32) {
	p := h.s.Points[point]
	d := 0.0
	if h.s.Expanded {
		product := func(a, b []float64) (sum float64) {
			for j := range a {
				sum += float64(a[j] * b[j])
			}
			return sum
		}
		if d = product(h.x, h.x) - 2*product(h.x, p) + product(p, p); math.IsNaN(d) || d < 0 {
			d = 0
		}
	} else {
		d = distance(h.x, 0, model.Distance{To: [][]float64{p}, Power: h.s.Power})
	}
	if math.IsNaN(d) || d >= h.heap[0].distance {
		return
	}
	h.heap[0] = candidate{d, point}
	for i := 0; ; {
		largest := i
		left, right := 2*i+1, 2*i+2
		if left < len(h.heap) && h.heap[left].distance > h.heap[largest].distance {
			largest = left
		}
		if right < len(h.heap) && h.heap[right].distance > h.heap[left].distance && h.heap[right].distance > h.heap[i].distance {
			largest = right
		}
		if largest == i {
			return
		}
		h.heap[i], h.heap[largest] = h.heap[largest], h.heap[i]
		i = largest
	}
}

// outside is how far the row is from a node's box.
func (h *search) outside(node int) float64 {
	zero, gap := make([]float64, len(h.x)), make([]float64, len(h.x))
	for j, x := range h.x {
		gap[j] = math.Max(h.s.Tree.Low[node][j]-x, 0) + math.Max(x-h.s.Tree.High[node][j], 0)
	}
	return distance(gap, 0, model.Distance{To: [][]float64{zero}, Power: h.s.Power})
}

func (h *search) visit(i int) {
	node := h.s.Tree.Nodes[i]
	if h.outside(i) > h.heap[0].distance {
		return
	}
	if node.Leaf {
		for _, p := range h.s.Tree.Order[node.First:node.End] {
			h.try(p)
		}
		return
	}
	near, far := 2*i+1, 2*i+2
	if !(h.outside(near) <= h.outside(far)) {
		near, far = far, near
	}
	h.visit(near)
	h.visit(far)
}
