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

// numbered is the name alone for one column, else name_0, name_1, …
func numbered(name string, n int) []string {
	if n == 1 {
		return []string{name}
	}
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("%s_%d", name, i))
	}
	return names
}

func writeRows(out *csv.Writer, sig *scoring.Signature, method scoring.Method, r *scoring.Result, rows int) error {
	values := r.Values
	switch method {
	case scoring.PredictProba:
		values = r.Probabilities
	case scoring.DecisionFunction:
		values = r.Scores
	}
	labels := method == scoring.Predict && sig.Task == scoring.Classification
	width := len(values) / rows
	if labels {
		width = 1
	}
	record := make([]string, width)
	for row := range rows {
		if labels {
			record[0] = sig.Classes[r.Classes[row]].String()
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
