package cache

import (
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// scratch is the memory of one request. It comes from a pool.
type scratch struct {
	widths  widths
	unknown []asked // rows, in their order
	keys    []byte  // theirs, one after another
	value   []byte
	batch   scoring.Batch // of the unknown rows
	result  scoring.Result
	numbers []float64
	strings []string
	bools   []bool
}

// asked is a row that is not known.
type asked struct {
	row  int
	hash uint64
	end  int // of its key, which begins where the one before ends
}

// look sets the rows that are known, and notes the others.
func (s *scratch) look(of *cached, b *scoring.Batch, want scoring.Method, out *scoring.Result) {
	s.widths.resize(out, b.Rows)
	for row := range b.Rows {
		begin := len(s.keys)
		s.keys = append(append(s.keys, of.prefix[:]...), byte(want))
		s.keys = of.appendRow(s.keys, b, row)
		key := s.keys[begin:]
		hash := of.store.hash(key)
		if of.store.get(hash, key, &s.widths, out, row) {
			s.keys = s.keys[:begin]
			continue
		}
		s.unknown = append(s.unknown, asked{row, hash, len(s.keys)})
	}
}

// keep keeps what was computed of the unknown rows.
func (s *scratch) keep(of *cached, computed *scoring.Result) {
	begin := 0
	for i, a := range s.unknown {
		s.value = s.widths.append(s.value[:0], computed, i)
		of.store.put(a.hash, s.keys[begin:a.end], s.value, of)
		begin = a.end
	}
}

// gather makes a batch of the unknown rows.
func (s *scratch) gather(of *cached, b *scoring.Batch) {
	s.batch.Rows, s.batch.Turns = len(s.unknown), b.Turns
	s.batch.Columns = append(s.batch.Columns[:0], make([]scoring.Column, len(b.Columns))...)
	for _, f := range of.reads {
		from, to := &b.Columns[f], &s.batch.Columns[f]
		to.Numbers = pick(&s.numbers, from.Numbers, s.unknown)
		to.Strings = pick(&s.strings, from.Strings, s.unknown)
		to.Missing = pick(&s.bools, from.Missing, s.unknown)
	}
}

// pick appends the values of some rows to memory, and returns them; nil of nil.
func pick[T any](memory *[]T, from []T, rows []asked) []T {
	if from == nil {
		return nil
	}
	begin := len(*memory)
	for i := range rows {
		*memory = append(*memory, from[rows[i].row])
	}
	return (*memory)[begin:len(*memory):len(*memory)]
}

// scatter sets the unknown rows of a result.
func (s *scratch) scatter(out *scoring.Result) {
	w := &s.widths
	for i, a := range s.unknown {
		from := w.numbers(&s.result, i)
		for k, to := range w.numbers(out, a.row) {
			copy(to, from[k])
		}
		copy(out.Classes[a.row*w.classes:][:w.classes], s.result.Classes[i*w.classes:])
	}
}

// maxPooled is the most bytes, roughly, that scratch in the pool may have.
const maxPooled = 4 << 20

// reset forgets the request and reports whether the memory is worth keeping.
func (s *scratch) reset() bool {
	clear(s.strings) // their bytes are the request's
	clear(s.batch.Columns)
	s.batch.Turns = nil
	s.unknown, s.keys, s.numbers, s.strings, s.bools = s.unknown[:0], s.keys[:0], s.numbers[:0], s.strings[:0], s.bools[:0]
	r := &s.result
	return 24*cap(s.unknown)+cap(s.keys)+cap(s.value)+8*cap(s.numbers)+16*cap(s.strings)+cap(s.bools)+
		8*(cap(r.Values)+cap(r.Probabilities)+cap(r.Scores)+cap(r.Transformed))+4*cap(r.Classes) < maxPooled
}
