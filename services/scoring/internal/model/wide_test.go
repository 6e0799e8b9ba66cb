package model

import (
	"math"
	"strings"
	"testing"
)

// Steps of several columns are held to their shapes, and their constants to numbers that
// make sense.
func TestValidateWide(t *testing.T) {
	nan, in, out := math.NaN(), []Column{3, 4}, []Column{6}
	one := [][]float64{{1, 2}}
	for _, test := range []struct {
		name string
		step Step
		want string
	}{
		{"a dense layer", Dense{In: in, Out: out, Weights: one, Bias: []float64{1}}, ""},
		{"no input", Dense{Out: out, Weights: [][]float64{{}}, Bias: []float64{1}}, "reads no column"},
		{"too few biases", Dense{In: in, Out: out, Weights: one}, "0 biases for 1 outputs"},
		{"too few weights", Dense{In: in, Out: out, Weights: [][]float64{{1}}, Bias: []float64{1}}, "1 weights for 2 inputs"},
		{"a NaN weight", Dense{In: in, Out: out, Weights: [][]float64{{1, nan}}, Bias: []float64{1}}, "weight [0][1]"},
		{"a weight that is no float32", Dense{In: in, Out: out, Weights: [][]float64{{1, 0.1}}, Bias: []float64{1}, Sum: F32}, "not a float32"},
		{"a center too few", Dense{In: in, Out: out, Weights: one, Bias: []float64{1}, Center: []float64{1}}, "1 centers for 2 inputs"},
		{"strings", Dense{In: []Column{1, 3}, Out: out, Weights: one, Bias: []float64{1}}, "holds strings"},
		{"a column twice", Dense{In: in, Out: []Column{3}, Weights: one, Bias: []float64{1}}, "column 3 is defined twice"},

		{"a kernel", Kernel{In: in, Out: out, Points: one, Func: KernelRBF, Gamma: 1}, ""},
		{"an unknown kernel", Kernel{In: in, Out: out, Points: one, Func: 9}, "unknown kernel 9"},
		{"an infinite gamma", Kernel{In: in, Out: out, Points: one, Gamma: math.Inf(1)}, "gamma is +Inf"},
		{"too few points", Kernel{In: in, Out: out}, "0 rows of points for 1 outputs"},

		{"a distance", Distance{In: in, Out: out, To: one, Scale: one, Power: 2}, ""},
		{"no power", Distance{In: in, Out: out, To: one}, "the power is 0"},
		{"a scale of 0", Distance{In: in, Out: out, To: one, Scale: [][]float64{{1, 0}}, Power: 2}, "a scale is 0"},

		{"an unknown norm", Normalize{In: in[:1], Out: out, Norm: 7, Least: 1}, "norm 7"},
		{"a norm of nothing", Normalize{In: in[:1], Out: out}, "least 0"},
		{"outputs that do not fit", Normalize{In: in, Out: out, Least: 1}, "1 outputs for 2 inputs"},
		{"a factor out of range", Products{In: in, Out: out, Factors: [][]int32{{2}}}, "factor 2; there are 2 inputs"},
		{"too few products", Products{In: in, Out: out}, "0 products for 1 outputs"},

		{"too few pairs", Vote{In: in, Out: []Column{6, 7, 8}}, "2 pairs of 3 classes"},
		{"one class", Vote{In: nil, Out: out}, "0 pairs of 1 classes"},
		{"a NaN coefficient", Couple{In: in[:1], Out: []Column{6, 7}, A: []float64{nan}, B: []float64{0}}, "a is NaN"},
		{"too few coefficients", Couple{In: in[:1], Out: []Column{6, 7}, A: []float64{0}}, "1 and 0 coefficients for 1 pairs"},

		{"a NaN threshold", Exceed{In: 3, Out: 6, Threshold: nan}, "threshold is NaN"},
		{"edges that fall", Bucket{In: 3, Out: 6, Edges: []float64{1, 0}}, "edge 1 is 0"},
		{"an unknown transform", Power{In: 3, Out: 6, Func: 8}, "unknown power transform 8"},
		{"a NaN lambda", Power{In: 3, Out: 6, Lambda: nan}, "lambda is NaN"},
		{"no points", Interpolate{In: 3, Out: 6}, "0 and 0 coordinates"},
		{"an infinite point", Interpolate{In: 3, Out: 6, X: []float64{1}, Y: []float64{math.Inf(1)}}, "y is +Inf"},
		{"points that fall", Quantile{In: 3, Out: 6, X: []float64{1, nan}, Y: []float64{0, 1}}, "x 1 is NaN"},
		{"a negative slack", Quantile{In: 3, Out: 6, X: []float64{1}, Y: []float64{0}, Slack: -1}, "slack is -1"},
		{"a check", Positive{In: 3, By: "a test"}, ""},
	} {
		m := valid()
		m.Steps = append(m.Steps, test.step)
		m.Columns += len(test.step.(Wide).Defines())
		switch err := m.Validate(); {
		case err == nil && test.want != "":
			t.Errorf("%s: no error", test.name)
		case err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

// Results that steps computed are held to the classes, and to what decides.
func TestValidateGiven(t *testing.T) {
	yes, no := Label{String: "yes", Kind: StringLabel}, Label{String: "no", Kind: StringLabel}
	two := []Column{4, 5}
	for _, test := range []struct {
		name  string
		given Given
		out   Output
		want  string
	}{
		{"a regression", Given{Scores: two}, Output{}, ""},
		{"no scores", Given{}, Output{}, "0 scores"},
		{"strings", Given{Scores: []Column{1}}, Output{}, "holds strings"},
		{"a link of classifiers", Given{Scores: two}, Output{Link: LinkGiven}, "is of classifiers"},
		{"votes", Given{Scores: two[:1], Votes: two}, Output{Decision: DecideVotes}, ""},
		{"too few votes", Given{Scores: two, Votes: two[:1]}, Output{Decision: DecideVotes}, "1 votes for 2 classes"},
		{"probabilities", Given{Scores: two[:1], Probabilities: two}, Output{Link: LinkGiven, Decision: DecideAboveHalf}, ""},
		{"too few probabilities", Given{Scores: two, Probabilities: two[:1]}, Output{Link: LinkGiven}, "1 probabilities for 2 classes"},
		{"probabilities of votes", Given{Scores: two, Votes: two}, Output{Decision: DecideVotes, Probable: true}, "that votes"},
		{"the sign of two scores", Given{Scores: two, Probabilities: two}, Output{Link: LinkGiven, Decision: DecideScorePositive}, "is for one score"},
	} {
		m := valid()
		m.Estimator, m.Output = &test.given, test.out
		if m.Output.Link != LinkIdentity || m.Output.Decision != 0 {
			m.Output.Task, m.Output.Classes = Classification, []Label{yes, no}
		}
		if test.name == "a link of classifiers" {
			m.Output.Task, m.Output.Classes = Regression, nil
		}
		switch err := m.Validate(); {
		case err == nil && test.want != "":
			t.Errorf("%s: no error", test.name)
		case err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
	m := valid()
	classifier(m, 2, yes, no).Decision = DecideVotes
	if err := m.Validate(); err == nil || !strings.Contains(err.Error(), "no votes") {
		t.Errorf("votes of trees: %v", err)
	}
}
