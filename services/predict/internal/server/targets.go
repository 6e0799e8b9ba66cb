package server

import (
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// targets are the answers of a classifier of several labels a row.
func targets(sig *scoring.Signature, r *scoring.Result, want scoring.Method) []*predictv1.Target {
	out := make([]*predictv1.Target, len(sig.Targets))
	for k, classes := range sig.Targets {
		out[k] = &predictv1.Target{Classes: classLabels(classes)}
		if want&scoring.Predict != 0 {
			out[k].Labels = labels(classes, column(r.Classes, k, len(sig.Targets)))
		}
		if want&scoring.PredictProba != 0 {
			_, n := share(sig, k)
			out[k].Probabilities = count(n)
		}
	}
	return out
}

// share is which of a row's probabilities are a target's: the first of them, and how many.
func share(sig *scoring.Signature, target int) (first, n int) {
	if sig.Indicator {
		return target, 1
	}
	for _, classes := range sig.Targets[:target] {
		first += len(classes)
	}
	return first, len(sig.Targets[target])
}

// column is column k of rows of so many.
func column[T any](rows []T, k, width int) []T {
	out := make([]T, 0, len(rows)/width)
	for ; k < len(rows); k += width {
		out = append(out, rows[k])
	}
	return out
}

// columns are columns first to first+n-1 of rows of so many.
func columns[T any](rows []T, first, n, width int) []T {
	out := make([]T, 0, len(rows)/width*n)
	for ; first < len(rows); first += width {
		out = append(out, rows[first:first+n]...)
	}
	return out
}

// oneKind tells whether the labels of all targets are of one type.
func oneKind(sig *scoring.Signature) bool {
	for _, classes := range sig.Targets {
		if kind(classes) != kind(sig.Targets[0]) {
			return false
		}
	}
	return true
}

// allLabels are the labels of all targets as if they were of one, with the numbers of
// those that a result has. Where they are of several types they become text: a tensor has one.
func allLabels(sig *scoring.Signature, chosen []int32) (classes []scoring.Label, indices []int32) {
	text := !oneKind(sig)
	first := make([]int32, len(sig.Targets))
	for k, target := range sig.Targets {
		first[k] = int32(len(classes)) // #nosec G115 -- bounded by the model's limits
		for _, c := range target {
			if text {
				c = scoring.TextLabel(c.String())
			}
			classes = append(classes, c)
		}
	}
	indices = make([]int32, len(chosen))
	for i, class := range chosen {
		indices[i] = first[i%len(first)] + class
	}
	return classes, indices
}
