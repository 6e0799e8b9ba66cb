package engine

import (
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// Instructions are what a predictor may use of the processor.
type Instructions = instructions.Set

// Portable is what Go compiles for every processor.
const Portable = instructions.Portable

// Vector is all that this processor has.
var Vector = instructions.Best()

// Default is Vector, or less where TREEHOUSE_ENGINE bounds it: so that tests
// and benchmarks of whole programs compare kernels, and an operator can do
// without instructions that a processor has wrong, or slow. A value that is
// not known is an error, not ignored.
var Default = sync.OnceValues(func() (Instructions, error) { return boundedBy(os.Getenv(environment)) })

const environment = "TREEHOUSE_ENGINE"

func boundedBy(value string) (Instructions, error) {
	i, err := instructions.AtMost(value)
	if err != nil {
		return Portable, fmt.Errorf("engine: %s: %w", environment, err)
	}
	return i, nil
}

// Accelerated reports whether the predictor uses vector instructions for some
// number of rows.
func (p *Predictor) Accelerated() bool {
	accelerated := func(e estimator) bool {
		a, ok := e.(interface{ accelerated() bool })
		return ok && a.accelerated()
	}
	return accelerated(p.estimator) || slices.ContainsFunc(p.nested, func(n *nested) bool { return accelerated(n.estimator) })
}

// Compile checks a model and makes a predictor of it, which shares nothing
// with the model.
func Compile(m *model.Model) (*Predictor, error) {
	i, err := Default()
	if err != nil {
		return nil, err
	}
	return CompileFor(m, i)
}
