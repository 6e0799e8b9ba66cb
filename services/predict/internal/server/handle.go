package server

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// An Observer sees what came of the requests for a version, within the
// request: it neither waits nor keeps anything of it.
type Observer interface {
	// Wants is what the model computes for the observer, asked for or not. A
	// method that the model does not have is not computed.
	Wants(v *model.Version) scoring.Method
	Observe(ctx context.Context, p *model.Prediction)
}

// handle takes a request of so many rows through: when its caller's limits and
// the room allow it, read makes the batch and the model computes it; the
// observers see what came of it. The prediction's id is in w. One that is over a
// limit is no prediction.
func (s *Server) handle(ctx context.Context, w *work, want scoring.Method, seen *observation, rows int, read func() error) error {
	v := seen.version
	if err := s.charge(ctx, seen, rows); err != nil {
		return err
	}
	for _, o := range s.o.Observers {
		want |= o.Wants(v) & v.Model.Signature().Methods
	}
	w.seen = model.Prediction{ID: newID(), RequestID: s.o.RequestID(ctx), Version: v}
	err := s.admitted(ctx, seen, &w.turns, func(ctx context.Context) error {
		if err := read(); err != nil {
			return err
		}
		w.seen.Batch, w.batch.Turns = &w.batch, &w.turns
		return s.compute(ctx, w, want, seen)
	})
	if w.seen.Err = err; err == nil {
		w.seen.Result, w.seen.Computed = &w.result, want
	}
	w.seen.At = seen.last
	for _, o := range s.o.Observers {
		o.Observe(ctx, &w.seen)
	}
	if err != nil {
		return &failedError{w.seen.ID, err}
	}
	return nil
}

// admitted does the work when there is room for it. Reading the rows is a part
// of the work: what waits is a message, and who floods the server has his
// requests read in turn with those of others.
func (s *Server) admitted(ctx context.Context, seen *observation, t *turns, do func(context.Context) error) error {
	seen.ends(decode)
	if _, bounded := ctx.Deadline(); !bounded && s.o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.o.Timeout)
		defer cancel()
	}
	place, err := s.o.Gate.Acquire(ctx, s.o.Caller(ctx))
	if err != nil {
		return err
	}
	seen.ends(queue)
	t.start(s.o.Gate, place, seen.last)
	defer t.end()
	return do(ctx)
}

func (s *Server) compute(ctx context.Context, w *work, want scoring.Method, seen *observation) error {
	seen.ends(decode)
	seen.rows = w.batch.Rows
	var err error
	if v := seen.version; s.o.Cache != nil {
		err = s.o.Cache.Predict(ctx, v, &w.batch, want, &w.result)
	} else {
		err = v.Model.Predict(ctx, &w.batch, want, &w.result)
	}
	if err != nil {
		return err
	}
	seen.computed(w.result.Transforming, w.turns.waited)
	return nil
}

// newID makes a prediction's id: 128 random bits, so that no two servers ever
// make the same, as 32 hexadecimal digits. It is no secret.
func newID() string {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:8], rand.Uint64()) // #nosec G404 -- not a secret
	binary.LittleEndian.PutUint64(b[8:], rand.Uint64()) // #nosec G404 -- not a secret
	return hex.EncodeToString(b[:])
}
