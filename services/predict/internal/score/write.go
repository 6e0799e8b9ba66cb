package score

import (
	"encoding/csv"
	"fmt"
	"math"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// header names the columns of the output.
func header(sig *scoring.Signature, method scoring.Method) []string {
	switch {
	case method == scoring.Transform:
		if sig.Columns != nil {
			return sig.Columns
		}
		return numbered("transformed", sig.Transformed)
	case sig.Targets != nil:
		return targets(sig, method)
	case method == scoring.PredictProba, method == scoring.DecisionFunction && len(sig.Classes) == sig.Scores:
		var names []string
		for _, c := range sig.Classes {
			names = append(names, c.String())
		}
		return names
	case method == scoring.DecisionFunction:
		return numbered("decision", sig.Scores)
	case sig.Task == scoring.Regression:
		return numbered("prediction", sig.Outputs)
	}
	return []string{"prediction"}
}

// targets names the columns of a classifier of several labels a row: prediction_0, …;
// of their probabilities 0_no, 0_yes, 1_red, …, or one a label.
func targets(sig *scoring.Signature, method scoring.Method) []string {
	switch {
	case method == scoring.Predict:
		return indexed("prediction", sig.Outputs)
	case method == scoring.DecisionFunction:
		return indexed("decision", sig.Scores)
	case sig.Indicator:
		return indexed("probability", sig.Probabilities)
	}
	var names []string
	for k, classes := range sig.Targets {
		for _, c := range classes {
			names = append(names, fmt.Sprintf("%d_%s", k, c))
		}
	}
	return names
}

// indexed is name_0, name_1, ….
func indexed(name string, n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("%s_%d", name, i))
	}
	return names
}

// numbered is the name alone for one column, else name_0, name_1, …
func numbered(name string, n int) []string {
	if n == 1 {
		return []string{name}
	}
	return indexed(name, n)
}

func writeRows(out *csv.Writer, sig *scoring.Signature, method scoring.Method, r *scoring.Result, rows int) error {
	values := r.Values
	switch method {
	case scoring.PredictProba:
		values = r.Probabilities
	case scoring.DecisionFunction:
		values = r.Scores
	case scoring.Transform:
		values = r.Transformed
	}
	labels := method == scoring.Predict && sig.Task == scoring.Classification
	width := len(values) / rows
	if labels {
		width = sig.Outputs
	}
	record := make([]string, width)
	for row := range rows {
		if labels {
			for i, class := range r.Classes[row*width : (row+1)*width] {
				of := sig.Classes
				if sig.Targets != nil {
					of = sig.Targets[i]
				}
				record[i] = of[class].String()
			}
		} else {
			for i, v := range values[row*width : (row+1)*width] {
				record[i] = format(v)
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	return nil
}

// format writes a number in its shortest form that reads back as the same
// float64, and so as the same float32 where the model computes in single
// precision. As in Python, the exponent is left out from 1e-4 to 1e16.
func format(v float64) string {
	form := byte('e')
	if abs := math.Abs(v); abs == 0 || abs >= 1e-4 && abs < 1e16 {
		form = 'f'
	}
	return strconv.FormatFloat(v, form, -1, 64)
}
