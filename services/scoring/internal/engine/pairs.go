package engine

import (
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

type vote model.Vote

func (s *vote) run(b *Block) error {
	n := len(s.Out)
	sums := resize(b.spareValues, n)
	b.spareValues = sums
	for row := range b.rows {
		clear(sums)
		for _, c := range s.Out {
			b.column(c)[row] = 0
		}
		pair := 0
		for i := range n {
			for j := i + 1; j < n; j++ {
				x := b.column(s.In[pair])[row]
				pair++
				winner := j
				if x > 0 || s.Confident && !(x < 0) {
					winner = i
				}
				b.column(s.Out[winner])[row]++
				sums[i] += x
				sums[j] -= x
			}
		}
		if !s.Confident {
			continue
		}
		for i, c := range s.Out {
			b.column(c)[row] += sums[i] / (3 * (math.Abs(sums[i]) + 1))
		}
	}
	return nil
}

type couple model.Couple

func (s *couple) run(b *Block) error {
	n := len(s.Out)
	b.spareValues = resize(b.spareValues, 2*n*n+2*n)
	r, q := b.spareValues[:n*n], b.spareValues[n*n:2*n*n]
	p, qp := b.spareValues[2*n*n:][:n], b.spareValues[2*n*n+n:][:n]
	for row := range b.rows {
		pair := 0
		for i := range n {
			for j := i + 1; j < n; j++ {
				x := b.column(s.In[pair])[row]
				wins := platt(float64(x*s.A[pair]) + s.B[pair])
				if !(wins > 1e-7) {
					wins = 1e-7
				}
				wins = min(wins, 1-1e-7)
				r[i*n+j], r[j*n+i] = wins, 1-wins
				pair++
			}
		}
		coupled(n, r, q, p, qp)
		for i, c := range s.Out {
			b.column(c)[row] = p[i]
		}
	}
	return nil
}

// platt is 1/(1+exp(x)) without overflow.
func platt(x float64) float64 {
	if x >= 0 {
		e := math.Exp(-x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(x))
}

// coupled makes probabilities p of n classes from those of pairs, r; see
// model.Couple. q and qp are scratch.
func coupled(n int, r, q, p, qp []float64) {
	for t := range n {
		p[t] = 1 / float64(n)
		q[t*n+t] = 0
		for j := range n {
			if j == t {
				continue
			}
			q[t*n+t] += float64(r[j*n+t] * r[j*n+t])
			q[t*n+j] = -r[j*n+t] * r[t*n+j]
		}
	}
	for range max(100, n) {
		total := 0.0
		for t := range n {
			qp[t] = 0
			for j := range n {
				qp[t] += float64(q[t*n+j] * p[j])
			}
			total += float64(p[t] * qp[t])
		}
		worst := 0.0
		for t := range n {
			worst = max(worst, math.Abs(qp[t]-total))
		}
		if worst < 0.005/float64(n) {
			return
		}
		for t := range n {
			diff := (total - qp[t]) / q[t*n+t]
			p[t] += diff
			total = (total + float64(diff*(float64(diff*q[t*n+t])+float64(2*qp[t])))) / (1 + diff) / (1 + diff)
			for j := range n {
				qp[j] = (qp[j] + float64(diff*q[t*n+j])) / (1 + diff)
				p[j] /= 1 + diff
			}
		}
	}
}
