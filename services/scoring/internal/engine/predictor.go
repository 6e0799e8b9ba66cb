package engine

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/engine/bitslice"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

const (
	maxBlockRows   = bitslice.Rows
	maxBlockValues = 1 << 17 // of all columns, or of anything else a row has: 1 MiB stays in the second-level cache
)

// A Predictor is a compiled model.
type Predictor struct {
	vocabularies []*vocabulary // by feature; nil for features of numbers
	textOf       []int32       // by feature: which of those of strings it is
	texts        int           // features of strings
	hot          hotColumns
	columns      int
	source       []int32 // by column: the feature it derives from
	ops          []op
	nested       []*nested // those among the ops
	bags         int       // ops that are bags
	estimator    estimator
	width        int // raw scores a row
	output       output
	terms        *terms // of a summing estimator
	transform    []model.Column
	blockRows    int
	pool         sync.Pool // of *Block
}

// An estimator computes raw scores. Implementations are immutable.
type estimator interface {
	// scratch returns what score needs to work on, made once a Block and
	// found again in Block.scratch.
	scratch() any
	// values is how many values a row takes in there.
	values() int
	// score sets b.scores from b's columns.
	score(b *Block)
	// cost is what a row of many takes, roughly, in nanoseconds.
	cost() float64
}

// A summing estimator says what its scores are sums of.
type summing interface {
	terms(b *Block, of *terms, out []float64)
}

// An op is a compiled step: it reads and defines columns of a block. Its error
// is a *RowError; the columns it defines are then set all the same.
type op interface{ run(b *Block) error }

// A RowError refuses a row, as the original library would have.
type RowError struct {
	Row     int // within the block
	Feature int // index of the input feature at fault; -1 where no single one is
	Reason  string
}

func (e *RowError) Error() string {
	return fmt.Sprintf("row %d, feature %d: %s", e.Row, e.Feature, e.Reason)
}

// CompileFor is Compile for certain instructions.
func CompileFor(m *model.Model, instructions Instructions) (*Predictor, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	p := &Predictor{
		columns:   m.Columns,
		width:     m.Estimator.Width(),
		output:    newOutput(&m.Output, m.Estimator),
		transform: slices.Clone(m.Transformed),
	}
	c := newCompiler(m)
	p.vocabularies, p.source, p.hot = c.vocabularies, c.source, c.hot
	for _, v := range c.vocabularies {
		p.textOf = append(p.textOf, int32(p.texts))
		p.texts += int(one(v != nil))
	}
	bags := findBags(m)
	p.bags = len(bags.bags)
	for i, s := range m.Steps {
		if bags.gone[i] {
			continue
		}
		if bag := bags.of[i]; bag != nil {
			p.add(bag)
			continue
		}
		if n, ok := s.(model.Nested); ok {
			op, err := p.nest(n, c, instructions)
			if err != nil {
				return nil, err
			}
			p.add(op)
			continue
		}
		op, ok := c.step(s)
		if !ok {
			return nil, fmt.Errorf("engine: unknown step %T", s)
		}
		c.learnFacts(s)
		p.add(op)
	}
	var err error
	if p.estimator, err = c.compileEstimator(m.Estimator, instructions); err != nil {
		return nil, err
	}
	if l, ok := p.estimator.(*linear); ok {
		l.bags = bags.columns
	}
	if _, ok := p.estimator.(summing); ok {
		p.terms = newTerms(m)
	}
	perRow := max(p.columns, len(p.transform), p.width, p.output.linked, p.estimator.values())
	for _, n := range p.nested {
		perRow = max(perRow, n.values())
	}
	p.blockRows = min(maxBlockRows, max(1, maxBlockValues/perRow))
	return p, nil
}

// add adds an op, unless it is nil: checks become one op with those before.
func (p *Predictor) add(o op) {
	if o == nil {
		return
	}
	if checks, ok := o.(requires); ok && len(p.ops) > 0 {
		if before, ok := p.ops[len(p.ops)-1].(requires); ok {
			p.ops[len(p.ops)-1] = before.and(checks)
			return
		}
	}
	p.ops = append(p.ops, o)
}

// Cost is how long many rows take on one processor, roughly: what steps and
// output take comes on top.
func (p *Predictor) Cost(rows int) time.Duration {
	cost := p.estimator.cost()
	for _, n := range p.nested {
		cost += n.estimator.cost()
	}
	return time.Duration(float64(rows) * cost)
}

// BlockRows is the greatest number of rows of a block.
func (p *Predictor) BlockRows() int { return p.blockRows }

// Get returns a block for the given number of rows, at most BlockRows. It goes
// back with Put.
func (p *Predictor) Get(rows int) *Block {
	b, ok := p.pool.Get().(*Block)
	if !ok {
		b = &Block{p: p, strings: make([][]string, len(p.vocabularies)), scratch: p.estimator.scratch()}
		for _, n := range p.nested {
			b.nested = append(b.nested, nestedScratch{scratch: n.estimator.scratch()})
		}
		b.bags = make([]bagged, p.bags)
	}
	b.reset(rows)
	return b
}

// Put gives a block back. The block must not be used after.
func (p *Predictor) Put(b *Block) {
	if p.texts > 0 {
		clear(b.strings) // the caller's memory
	}
	p.pool.Put(b)
}

// Refusals returns, for each feature, whether a row in which every value is
// missing is refused because of this feature. Every step reads one column, so
// the features do not influence one another.
func (p *Predictor) Refusals() []bool {
	refused := make([]bool, len(p.vocabularies))
	b := p.Get(1)
	defer p.Put(b)
	for i, v := range p.vocabularies {
		if v == nil {
			b.SetNumbers(i, []float64{nan})
		} else {
			b.SetStrings(i, []string{""}, []bool{true})
		}
	}
	try := func(o op) {
		var err *RowError
		if errors.As(o.run(b), &err) && err.Feature >= 0 {
			refused[err.Feature] = true
		}
	}
	for _, o := range p.ops {
		checks, ok := o.(requires)
		if !ok {
			try(o)
			continue
		}
		for _, c := range checks { // column by column: the first that fails ends them
			for i := range c.columns {
				try(requires{{c.in + model.Column(i), 1, c.first, c.size, c.by}})
			}
		}
	}
	return refused
}
