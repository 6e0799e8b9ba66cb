package main

import (
	"context"
	"encoding/binary"
	"math"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// shared is a cache in Redis as predict would have one: a request for all the
// rows of a batch, and another for those that were computed.
type shared struct {
	client  *redis.Client
	kind    *kind
	keys    []string
	unknown []int
	pairs   []any
	batch   scoring.Batch
	result  scoring.Result
}

func (s *shared) predict(ctx context.Context, b *scoring.Batch, out *scoring.Result) error {
	s.keys, s.unknown, s.pairs = s.keys[:0], s.unknown[:0], s.pairs[:0]
	for row := range b.Rows {
		s.keys = append(s.keys, s.key(b, row))
	}
	answers, err := s.client.MGet(ctx, s.keys...).Result()
	if err != nil {
		return err
	}
	classifies := s.kind.version.Model.Signature().Task == scoring.Classification
	if classifies {
		out.Classes = append(out.Classes[:0], make([]int32, b.Rows)...)
	} else {
		out.Values = append(out.Values[:0], make([]float64, b.Rows)...)
	}
	for row, a := range answers {
		value, ok := a.(string)
		switch {
		case !ok:
			s.unknown = append(s.unknown, row)
		case classifies:
			out.Classes[row] = int32(binary.LittleEndian.Uint64([]byte(value)))
		default:
			out.Values[row] = math.Float64frombits(binary.LittleEndian.Uint64([]byte(value)))
		}
	}
	if len(s.unknown) == 0 {
		return nil
	}
	s.gather(b)
	if err := s.kind.version.Model.Predict(ctx, &s.batch, scoring.Predict, &s.result); err != nil {
		return err
	}
	for i, row := range s.unknown {
		var bits uint64
		if classifies {
			out.Classes[row] = s.result.Classes[i]
			bits = uint64(s.result.Classes[i])
		} else {
			out.Values[row] = s.result.Values[i]
			bits = math.Float64bits(s.result.Values[i])
		}
		s.pairs = append(s.pairs, s.keys[row], binary.LittleEndian.AppendUint64(nil, bits))
	}
	return s.client.MSet(ctx, s.pairs...).Err()
}

func (s *shared) key(b *scoring.Batch, row int) string {
	var key strings.Builder
	key.WriteString(s.kind.name)
	for i := range b.Columns {
		c := &b.Columns[i]
		if c.Strings != nil {
			key.WriteString(c.Strings[row])
			continue
		}
		var bits [8]byte
		binary.LittleEndian.PutUint64(bits[:], math.Float64bits(c.Numbers[row]))
		key.Write(bits[:])
	}
	return key.String()
}

func (s *shared) gather(b *scoring.Batch) {
	s.batch.Rows = len(s.unknown)
	s.batch.Columns = append(s.batch.Columns[:0], make([]scoring.Column, len(b.Columns))...)
	for i := range b.Columns {
		for _, row := range s.unknown {
			if b.Columns[i].Strings != nil {
				s.batch.Columns[i].Strings = append(s.batch.Columns[i].Strings, b.Columns[i].Strings[row])
			} else {
				s.batch.Columns[i].Numbers = append(s.batch.Columns[i].Numbers, b.Columns[i].Numbers[row])
			}
		}
	}
}
