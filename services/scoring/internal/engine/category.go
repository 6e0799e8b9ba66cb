package engine

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A lookup finds the class of a number. 0 and -0 are equal.
type lookup struct {
	keys []float64 // sorted; of class firstKnown and on
	// direct are the classes of the integers from 0 on, where the keys are few
	// and small: it saves the search.
	direct []int32
}

const maxDirect = 1 << 12

func newLookup(values []float64) lookup {
	l := lookup{}
	for _, v := range values {
		if v == v {
			l.keys = append(l.keys, v)
		}
	}
	slices.Sort(l.keys)
	l.keys = slices.Clip(slices.Compact(l.keys))
	if n := len(l.keys); n > 0 && l.keys[0] >= 0 && l.keys[n-1] < maxDirect {
		direct := slices.Repeat([]int32{classOfUnknown}, int(l.keys[n-1])+1)
		for i, key := range l.keys {
			if key != math.Trunc(key) {
				return l
			}
			direct[int(key)] = int32(firstKnown + i)
		}
		l.direct = direct
	}
	return l
}

func (l *lookup) class(x float64) int32 {
	if n := float64(len(l.direct)); n > 0 && x >= 0 && x < n {
		if i := int(x); float64(i) == x {
			return l.direct[i]
		}
		return classOfUnknown
	}
	if x != x {
		return classOfMissing
	}
	if i := sort.SearchFloat64s(l.keys, x); i < len(l.keys) && l.keys[i] == x {
		return int32(firstKnown + i)
	}
	return classOfUnknown
}

// A classing finds the class of every row in a column: of strings it is
// known already.
type classing struct {
	in     model.Column
	text   int32  // the feature of strings that the column comes from, or -1
	lookup lookup // of numbers
}

// known is an encoder's place among its categories, or -1, for every class.
func (c *compiler) classify(in model.Column, categories []model.Scalar) (of classing, known []int32) {
	if c.kinds[in] == model.String {
		of = classing{in: in, text: c.source[in]}
		byClass := slices.Repeat([]int32{-1}, c.vocabularies[of.text].classes())
		for i, s := range slices.Backward(categories) { // of equal ones the first counts
			byClass[c.class(in, s)] = int32(i)
		}
		c.byClass(in, func(_, instead int32) { known = append(known, byClass[instead]) })
		return of, known
	}
	values := make([]float64, len(categories))
	for i, s := range categories {
		values[i] = number(s)
	}
	of = classing{in: in, text: -1, lookup: newLookup(values)}
	known = slices.Repeat([]int32{-1}, firstKnown+len(of.lookup.keys))
	for i, v := range slices.Backward(values) {
		known[of.lookup.class(v)] = int32(i)
	}
	return of, known
}

// rows returns the class of every row.
func (c *classing) rows(b *Block) []int32 {
	if c.text >= 0 {
		return b.texts(c.text)
	}
	b.found = resize(b.found, b.rows)
	for row, x := range b.column(c.in) {
		b.found[row] = c.lookup.class(x)
	}
	return b.found
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

// row makes the error for a row. A string that was imputed is shown as it came.
func (r *refusal) row(b *Block, row int, class int32) error {
	what := "a value is missing"
	if values := b.strings[b.p.source[r.in]]; values != nil {
		if class != classOfMissing {
			what = fmt.Sprintf("unknown category %.*q", maxQuoted, values[row])
			if len(values[row]) > maxQuoted {
				what += "…"
			}
		}
	} else if x := b.column(r.in)[row]; x == x {
		what = "unknown category " + strconv.FormatFloat(x, 'g', -1, 64)
	}
	return b.refuse(row, r.in, fmt.Sprintf("%s; %s expects one of %s", what, r.by, r.known))
}

// An oneHot finds the slot of every row. The columns are written only for those
// who read them as numbers: trees test the slot.
type oneHot struct {
	classing
	refusal
	slots []int32 // by class: -1 is none, refused refuses the row
	group int32   // of Block.slots
	out   []model.Column
	dense []int32 // the slots of out that are written
}

const refused = -2

func (c *compiler) oneHot(s model.OneHot) op {
	of, known := c.classify(s.In, s.Categories)
	o := &oneHot{classing: of, refusal: newRefusal(s.In, s.By, s.Categories), out: slices.Clone(s.Out)}
	for _, category := range known {
		slot := s.UnknownSlot
		switch {
		case category >= 0:
			slot = s.Slots[category]
		case s.Unknown == model.UnknownError:
			slot = refused
		}
		o.slots = append(o.slots, slot)
	}
	for slot, column := range s.Out {
		if o.group = c.hot.of[column].group; c.hot.dense[column] {
			o.dense = append(o.dense, int32(slot))
		}
	}
	if len(s.Out) == 0 {
		o.group = -1
	}
	return o
}

func (s *oneHot) run(b *Block) (err error) {
	classes := s.rows(b)
	if s.group < 0 {
		b.spare = resize(b.spare, b.rows)
	}
	slots := b.spare
	if s.group >= 0 {
		slots = b.slot(s.group)
	}
	for row, class := range classes {
		slot := s.slots[class]
		slots[row] = slot
		if slot == refused && err == nil {
			err = s.row(b, row, class)
		}
	}
	for _, slot := range s.dense {
		column := b.column(s.out[slot])
		for row, at := range slots {
			x := 0.0
			if at == slot {
				x = 1
			}
			column[row] = x
		}
	}
	return err
}

type ordinal struct {
	classing
	refusal
	out     model.Column
	numbers []float64  // by class
	refuses []bool     // by class; nil without
	next    *following // nil: an unknown value is nothing but unknown
	codes   []float64  // by category, for next
}

func (c *compiler) ordinal(s model.Ordinal) op {
	of, known := c.classify(s.In, s.Categories)
	o := &ordinal{classing: of, refusal: newRefusal(s.In, s.By, s.Categories), out: s.Out, next: newFollowing(s)}
	if o.next != nil {
		o.codes = slices.Clone(s.Codes)
	}
	if of.text >= 0 && o.next != nil {
		texts := c.vocabularies[of.text].texts
		c.byClass(s.In, func(class, instead int32) {
			if known[class] < 0 && instead >= firstKnown {
				known[class] = o.next.find(texts[instead-firstKnown])
			}
		})
	}
	refuses := make([]bool, len(known))
	for class, category := range known {
		number := s.UnknownCode
		if category >= 0 {
			number = s.Codes[category]
		} else if s.Unknown == model.UnknownError {
			refuses[class], o.refuses = true, refuses
		}
		o.numbers = append(o.numbers, number)
	}
	return o
}

func (s *ordinal) run(b *Block) (err error) {
	classes, out := s.rows(b), b.column(s.out)
	for row, class := range classes {
		out[row] = s.numbers[class]
	}
	if s.refuses == nil && s.next == nil {
		return nil
	}
	for row, class := range classes {
		if s.next != nil && class == classOfUnknown {
			if category := s.next.find(b.strings[s.text][row]); category >= 0 {
				out[row] = s.codes[category]
				continue
			}
		}
		if s.refuses != nil && s.refuses[class] && err == nil {
			err = s.row(b, row, class)
		}
	}
	return err
}
