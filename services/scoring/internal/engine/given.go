package engine

import (
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A given estimator has its scores from columns.
type given struct{ scores []model.Column }

func newGiven(g *model.Given) *given { return &given{slices.Clone(g.Scores)} }

func (g *given) scratch() any  { return nil }
func (g *given) values() int   { return 0 }
func (g *given) cost() float64 { return float64(len(g.scores)) }

func (g *given) score(b *Block) {
	width := len(g.scores)
	for k, c := range g.scores {
		for row, x := range b.column(c) {
			b.scores[row*width+k] = x
		}
	}
}

// terms writes how large what each score is made of is.
func (g *given) terms(b *Block, of *terms, out []float64) {
	for row := range b.rows {
		of := of.at(b, row)
		for k, c := range g.scores {
			out[row*len(g.scores)+k] = of.of(c)
		}
	}
}
