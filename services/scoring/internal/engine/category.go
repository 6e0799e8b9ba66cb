package engine

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A lookup finds the category that a value equals. 0 and -0 are equal, and so
// are NaN and NaN; of equal categories the first counts.
type lookup struct {
	missing int32     // the category that is missing; -1 for none
	keys    []float64 // sorted
	ids     []int32   // by key: the category
	codes   []int32   // of strings instead: by the vocabulary's code, -1 for none
}

func (c *compiler) lookup(in model.Column, categories []model.Scalar) lookup {
	l := lookup{missing: -1}
	values := c.numbers(in, categories)
	order := make([]int32, 0, len(values))
	for i, v := range values {
		id := int32(i)
		switch {
		case v == v:
			order = append(order, id)
		case l.missing < 0:
			l.missing = id
		}
	}
	if c.kinds[in] == model.String {
		l.codes = slices.Repeat([]int32{-1}, len(c.vocabularies[c.source[in]].ids))
		for _, id := range slices.Backward(order) {
			l.codes[int(values[id])] = id
		}
		return l
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	for _, id := range order {
		if n := len(l.keys); n > 0 && l.keys[n-1] == values[id] {
			continue
		}
		l.keys, l.ids = append(l.keys, values[id]), append(l.ids, id)
	}
	return l
}

// find returns the category of x, or -1.
func (l *lookup) find(x float64) int32 {
	switch {
	case x != x:
		return l.missing
	case l.codes != nil:
		if x < 0 {
			return -1
		}
		return l.codes[int(x)]
	}
	if i := sort.SearchFloat64s(l.keys, x); i < len(l.keys) && l.keys[i] == x {
		return l.ids[i]
	}
	return -1
}

// A refusal is how an encoder refuses a value outside its categories.
type refusal struct {
	in    model.Column
	by    string
	known string // the categories, for people
}

const maxKnown = 20 // categories in a message

func newRefusal(in model.Column, by string, categories []model.Scalar) refusal {
	var s strings.Builder
	for i, c := range categories {
		if i > 0 {
			s.WriteString(", ")
		}
		if i == maxKnown {
			fmt.Fprintf(&s, "… (%d in all)", len(categories))
			break
		}
		switch {
		case c.Missing:
			s.WriteString("a missing value")
		case c.Kind == model.String:
			s.WriteString(strconv.Quote(c.String))
		default:
			s.WriteString(strconv.FormatFloat(c.Number, 'g', -1, 64))
		}
	}
	return refusal{in: in, by: by, known: s.String()}
}

// maxQuoted is how much of a caller's string an error repeats.
const maxQuoted = 100

func (r *refusal) row(b *Block, row int, x float64) error {
	what := "unknown category " + strconv.FormatFloat(x, 'g', -1, 64)
	if x != x {
		what = "a value is missing"
	} else if values := b.strings[b.p.source[r.in]]; values != nil {
		what = fmt.Sprintf("unknown category %.*q", maxQuoted, values[row])
		if len(values[row]) > maxQuoted {
			what += "…"
		}
	}
	return b.refuse(row, r.in, fmt.Sprintf("%s; %s expects one of %s", what, r.by, r.known))
}

type oneHot struct {
	lookup
	refusal
	slots   []int32 // by category
	out     []model.Column
	unknown int32 // the slot of unknown values
	refuse  bool
}

func (c *compiler) oneHot(s model.OneHot) op {
	return &oneHot{
		lookup: c.lookup(s.In, s.Categories), refusal: newRefusal(s.In, s.By, s.Categories),
		slots: slices.Clone(s.Slots), out: slices.Clone(s.Out),
		unknown: s.UnknownSlot, refuse: s.Unknown == model.UnknownError,
	}
}

func (s *oneHot) run(b *Block) (err error) {
	for _, c := range s.out {
		clear(b.column(c))
	}
	for row, x := range b.column(s.in) {
		slot := s.unknown
		if id := s.find(x); id >= 0 {
			slot = s.slots[id]
		} else if s.refuse {
			if err == nil {
				err = s.row(b, row, x)
			}
			continue
		}
		if slot >= 0 {
			b.values[int(s.out[slot])*b.rows+row] = 1
		}
	}
	return err
}

type ordinal struct {
	lookup
	refusal
	out     model.Column
	numbers []float64 // by category
	unknown float64
	refuse  bool
	next    *following // nil: an unknown value is nothing but unknown
}

func (c *compiler) ordinal(s model.Ordinal) op {
	return &ordinal{
		lookup: c.lookup(s.In, s.Categories), refusal: newRefusal(s.In, s.By, s.Categories),
		out: s.Out, numbers: slices.Clone(s.Codes),
		unknown: s.UnknownCode, refuse: s.Unknown == model.UnknownError,
		next: newFollowing(s),
	}
}

func (s *ordinal) run(b *Block) (err error) {
	out := b.column(s.out)
	for row, x := range b.column(s.in) {
		id := s.find(x)
		if texts := b.strings[b.p.source[s.in]]; id < 0 && x == x && s.next != nil && texts != nil {
			id = s.next.find(texts[row])
		}
		if id >= 0 {
			out[row] = s.numbers[id]
			continue
		}
		out[row] = s.unknown
		if s.refuse && err == nil {
			err = s.row(b, row, x)
		}
	}
	return err
}
