package reference

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

func votes(x []float64, classes int, confident bool) []float64 {
	y, sums := make([]float64, classes), make([]float64, classes)
	pair := 0
	for i := range classes {
		for j := i + 1; j < classes; j++ {
			if v := x[pair]; v > 0 || confident && !(v < 0) {
				y[i]++
			} else {
				y[j]++
			}
			sums[i] += x[pair]
			sums[j] -= x[pair]
			pair++
		}
	}
	if confident {
		for i, s := range sums {
			y[i] += s / (3 * (math.Abs(s) + 1))
		}
	}
	return y
}

// couple is libsvm's multiclass_probability, from the paper: minimise
// Σ_i Σ_j≠i (r_ji p_i - r_ij p_j)² over probabilities p.
func couple(x []float64, n int, s model.Couple) []float64 {
	r, q := make([][]float64, n), make([][]float64, n)
	for i := range n {
		r[i], q[i] = make([]float64, n), make([]float64, n)
	}
	pair := 0
	for i := range n {
		for j := i + 1; j < n; j++ {
			v := float64(x[pair]*s.A[pair]) + s.B[pair]
			p := 1 / (1 + math.Exp(v))
			if v >= 0 {
				p = math.Exp(-v) / (1 + math.Exp(-v))
			}
			if math.IsNaN(p) {
				p = 0
			}
			r[i][j] = math.Min(math.Max(p, 1e-7), 1-1e-7)
			r[j][i] = 1 - r[i][j]
			pair++
		}
	}
	p, qp := make([]float64, n), make([]float64, n)
	for i := range n {
		p[i] = 1 / float64(n)
		for j := range n {
			if j != i {
				q[i][i] += float64(r[j][i] * r[j][i])
				q[i][j] = -r[j][i] * r[i][j]
			}
		}
	}
	for range max(100, n) {
		pqp := 0.0
		for i := range n {
			qp[i] = 0
			for j := range n {
				qp[i] += float64(q[i][j] * p[j])
			}
			pqp += float64(p[i] * qp[i])
		}
		worst := 0.0
		for i := range n {
			worst = max(worst, math.Abs(qp[i]-pqp))
		}
		if worst < 0.005/float64(n) {
			break
		}
		for i := range n {
			d := (pqp - qp[i]) / q[i][i]
			p[i] += d
			pqp = (pqp + float64(d*(float64(d*q[i][i])+float64(2*qp[i])))) / (1 + d) / (1 + d)
			for j := range n {
				qp[j] = (qp[j] + float64(d*q[i][j])) / (1 + d)
				p[j] /= 1 + d
			}
		}
	}
	return p
}
