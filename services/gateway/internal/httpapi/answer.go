package httpapi

import (
	"fmt"
	"strconv"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/gateway/internal/jsonlex"
)

// checkResponse holds an answer to the request's rows: a value too few would
// give every row after it another row's number.
func checkResponse(r *predictv1.PredictResponse, rows int) error {
	if int(r.GetRows()) != rows {
		return fmt.Errorf("predict answered %d rows to %d", r.GetRows(), rows)
	}
	if len(r.GetTargets()) > 0 {
		return checkTargets(r, rows)
	}
	if labels := r.GetLabels(); labels != nil {
		if n := labelCount(labels); n != rows {
			return fmt.Errorf("predict answered %d labels to %d rows", n, rows)
		}
	} else if n := len(r.GetTransformed()); n > 0 {
		if n != rows*int(r.GetTransformedColumns()) {
			return fmt.Errorf("predict answered %d numbers of %d columns to %d rows", n, r.GetTransformedColumns(), rows)
		}
	} else if n := len(r.GetValues()); r.GetOutputs() == 0 || n != rows*int(r.GetOutputs()) {
		return fmt.Errorf("predict answered %d values of %d outputs to %d rows", n, r.GetOutputs(), rows)
	}
	if n := len(r.GetProbabilities()); n > 0 && n != rows*labelCount(r.GetClasses()) {
		return fmt.Errorf("predict answered %d probabilities of %d classes to %d rows", n, labelCount(r.GetClasses()), rows)
	}
	return nil
}

// appendPredictions appends the body of /predict and of V1:
//
//	{"prediction": 1.5, "model": "housing", "version": "3", "prediction_id": "…"}
//	{"predictions": [1.5, 2], "model": "housing", "version": "3", "prediction_id": "…"}
//
// with "probabilities" and "classes" where there are any.
func appendPredictions(dst []byte, r *predictv1.PredictResponse, single bool) []byte {
	rows := int(r.GetRows())
	if single {
		dst = append(dst, `{"prediction":`...)
		dst = appendPrediction(dst, r, 0)
	} else {
		dst = append(dst, `{"predictions":[`...)
		for row := range rows {
			if row > 0 {
				dst = append(dst, ',')
			}
			dst = appendPrediction(dst, r, row)
		}
		dst = append(dst, ']')
	}
	if len(r.GetTargets()) > 0 {
		dst = appendTargets(dst, r, single)
	} else if len(r.GetProbabilities()) > 0 {
		dst = appendProbabilities(dst, r, single)
	}
	dst = append(dst, `,"model":`...)
	dst = jsonlex.AppendString(dst, r.GetModel())
	dst = append(dst, `,"version":"`...)
	dst = strconv.AppendInt(dst, r.GetVersion(), 10)
	dst = append(dst, '"')
	if id := r.GetPredictionId(); id != "" { // a predict of before has none
		dst = append(dst, `,"prediction_id":`...)
		dst = jsonlex.AppendString(dst, id)
	}
	return append(dst, '}')
}

// appendPrediction appends a label, a number, or a list of several outputs or labels;
// of a model that only transforms the row's columns.
func appendPrediction(dst []byte, r *predictv1.PredictResponse, row int) []byte {
	if len(r.GetTargets()) > 0 {
		return appendRowLabels(dst, r.GetTargets(), row)
	}
	if labels := r.GetLabels(); labels != nil {
		return appendLabel(dst, labels, row)
	}
	if n := int(r.GetTransformedColumns()); n > 0 {
		return appendFloats(dst, r.GetTransformed()[row*n:(row+1)*n])
	}
	outputs := int(r.GetOutputs())
	if outputs == 1 {
		return jsonlex.AppendFloat(dst, r.GetValues()[row])
	}
	return appendFloats(dst, r.GetValues()[row*outputs:(row+1)*outputs])
}

func appendProbabilities(dst []byte, r *predictv1.PredictResponse, single bool) []byte {
	classes := labelCount(r.GetClasses())
	dst = append(dst, `,"probabilities":`...)
	if single {
		dst = appendFloats(dst, r.GetProbabilities())
	} else {
		dst = append(dst, '[')
		for row := range int(r.GetRows()) {
			if row > 0 {
				dst = append(dst, ',')
			}
			dst = appendFloats(dst, r.GetProbabilities()[row*classes:(row+1)*classes])
		}
		dst = append(dst, ']')
	}
	dst = append(dst, `,"classes":[`...)
	for i := range classes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendLabel(dst, r.GetClasses(), i)
	}
	return append(dst, ']')
}

func appendFloats(dst []byte, values []float64) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsonlex.AppendFloat(dst, v)
	}
	return append(dst, ']')
}

func labelCount(l *predictv1.Labels) int {
	switch v := l.GetValues().(type) {
	case *predictv1.Labels_Integers:
		return len(v.Integers.GetValues())
	case *predictv1.Labels_Numbers:
		return len(v.Numbers.GetValues())
	case *predictv1.Labels_Strings:
		return len(v.Strings.GetValues())
	case *predictv1.Labels_Booleans:
		return len(v.Booleans.GetValues())
	}
	return 0
}

func appendLabel(dst []byte, l *predictv1.Labels, i int) []byte {
	switch v := l.GetValues().(type) {
	case *predictv1.Labels_Integers:
		return strconv.AppendInt(dst, v.Integers.GetValues()[i], 10)
	case *predictv1.Labels_Numbers:
		return jsonlex.AppendFloat(dst, v.Numbers.GetValues()[i])
	case *predictv1.Labels_Strings:
		return jsonlex.AppendString(dst, v.Strings.GetValues()[i])
	case *predictv1.Labels_Booleans:
		return strconv.AppendBool(dst, v.Booleans.GetValues()[i])
	}
	return append(dst, "null"...)
}
