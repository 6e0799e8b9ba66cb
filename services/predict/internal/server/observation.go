package server

import (
	"time"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

// A stage is a part of the way of a request through the server.
type stage int

const (
	decode    stage = iota // the version is looked up, the message made a batch
	queue                  // for room to compute
	transform              // values are made what the trees, or the sum, read
	predict
	encode // the result is made a message
	stages
)

func (s stage) String() string {
	return [...]string{"decode", "queue", "transform", "predict", "encode"}[s]
}

// An observation is what there is to tell about a request for a prediction. It
// holds no value of it.
type observation struct {
	version     *model.Version // nil until one is found
	rows        int            // 0 until the batch is made
	start, last time.Time
	took        [stages]time.Duration
}

func observe() observation {
	now := time.Now()
	return observation{start: now, last: now}
}

// ends notes that a stage is over, and that the next has begun.
func (o *observation) ends(s stage) {
	now := time.Now()
	o.took[s] = now.Sub(o.last)
	o.last = now
}

// computed notes that the stages transform and predict are over; the share
// tells them apart.
func (o *observation) computed(transforming float64) {
	o.ends(predict)
	o.took[transform] = time.Duration(transforming * float64(o.took[predict]))
	o.took[predict] -= o.took[transform]
}
