package engine

import (
	"os"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// Instructions are what a predictor may use of the processor.
type Instructions uint8

const (
	// Portable is what Go compiles for every processor.
	Portable Instructions = iota
	// Vector adds the vector instructions that this processor has.
	Vector
)

// Default is Vector. The environment can make it Portable, so that tests and
// benchmarks of whole programs compare the two, and an operator can do without
// vector instructions where a processor has them wrong.
var Default = fromEnvironment(os.Getenv("TREEHOUSE_ENGINE"))

func fromEnvironment(value string) Instructions {
	if value == "portable" {
		return Portable
	}
	return Vector
}

// Accelerated reports whether the predictor uses vector instructions for some
// number of rows.
func (p *Predictor) Accelerated() bool {
	switch e := p.estimator.(type) {
	case interface{ accelerated() bool }:
		return e.accelerated()
	default:
		return false
	}
}

// Compile checks a model and makes a predictor of it, which shares nothing
// with the model.
func Compile(m *model.Model) (*Predictor, error) { return CompileFor(m, Default) }
