package engine

import (
	"fmt"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// compileEstimator compiles an estimator, of the model or nested.
func (c *compiler) compileEstimator(e model.Estimator, i Instructions) (estimator, error) {
	switch e := e.(type) {
	case *model.Linear:
		return newLinear(e), nil
	case *model.Given:
		return newGiven(e), nil
	case *model.Ensemble:
		return newEnsemble(e, i, c.hot.of), nil
	}
	return nil, fmt.Errorf("engine: unknown estimator %T", e)
}

// A nested op is a predictor whose results become columns.
type nested struct {
	estimator estimator
	output    output
	want      model.Result
	width     int // raw scores a row
	results   int // values of the result a row
	out       []model.Column
	place     int // among the predictor's nested ops
}

// A nestedScratch is what a block keeps for one.
type nestedScratch struct {
	scores, results []float64
	classes         []int32
	scratch         any
}

// nest compiles a predictor within a predictor.
func (p *Predictor) nest(s model.Nested, c *compiler, i Instructions) (op, error) {
	e, err := c.compileEstimator(s.Estimator, i)
	if err != nil {
		return nil, err
	}
	n := &nested{
		estimator: e, output: newOutput(&s.Output, s.Estimator), want: s.Want,
		width: s.Estimator.Width(), results: s.Width(), out: slices.Clone(s.Out), place: len(p.nested),
	}
	p.nested = append(p.nested, n)
	return n, nil
}

// values is how many values a row takes on its way through.
func (s *nested) values() int {
	return max(s.width, s.results, s.output.linked, s.estimator.values())
}

func (s *nested) run(b *Block) error {
	own := &b.nested[s.place]
	own.scores = resize(own.scores, b.rows*s.width)
	own.results = resize(own.results, b.rows*s.results)
	scores, scratch := b.scores, b.scratch
	b.scores, b.scratch = own.scores, own.scratch
	s.estimator.score(b)
	err := s.write(b, own)
	b.scores, b.scratch = scores, scratch
	for k, c := range s.out {
		out := b.column(c)
		for row := range out {
			out[row] = own.results[row*s.results+k]
		}
	}
	return err
}

// write has the output write the wanted result.
func (s *nested) write(b *Block, own *nestedScratch) error {
	switch s.want {
	case model.ResultValues:
		return s.output.write(b, &Outputs{Values: own.results})
	case model.ResultProbabilities:
		return s.output.write(b, &Outputs{Probabilities: own.results})
	case model.ResultScores:
		return s.output.write(b, &Outputs{Scores: own.results})
	}
	own.classes = resize(own.classes, b.rows)
	err := s.output.write(b, &Outputs{Classes: own.classes})
	for row, class := range own.classes {
		own.results[row] = float64(class)
	}
	return err
}
