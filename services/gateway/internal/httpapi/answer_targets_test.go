package httpapi

import (
	"testing"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

func integers(values ...int64) *predictv1.Labels {
	return &predictv1.Labels{Values: &predictv1.Labels_Integers{Integers: &predictv1.Integers{Values: values}}}
}

func texts(values ...string) *predictv1.Labels {
	return &predictv1.Labels{Values: &predictv1.Labels_Strings{Strings: &predictv1.Strings{Values: values}}}
}

// Every label of a row, and every column of a transformation, reaches the client.
func TestSeveralAnswers(t *testing.T) {
	two := &predictv1.PredictResponse{Rows: 2, Model: "m", Version: 3, Probabilities: []float64{0.25, 0.75, 1, 0, 0, 0.5, 0.5, 0, 0, 1},
		Targets: []*predictv1.Target{
			{Labels: integers(1, 0), Classes: integers(0, 1), Probabilities: 2},
			{Labels: texts("blue", "red"), Classes: texts("blue", "green", "red"), Probabilities: 3},
		}}
	there := &predictv1.PredictResponse{Rows: 1, Model: "m", Version: 3, Probabilities: []float64{0.75, 0.25},
		Targets: []*predictv1.Target{
			{Labels: integers(1), Classes: integers(0, 1), Probabilities: 1},
			{Labels: integers(0), Classes: integers(0, 1), Probabilities: 1},
		}}
	plain := &predictv1.PredictResponse{Rows: 1, Model: "m", Version: 3, Targets: []*predictv1.Target{{Labels: texts("a"), Classes: texts("a")}}}
	columns := &predictv1.PredictResponse{Rows: 2, Model: "m", Version: 3, Transformed: []float64{1, 2, 3, 4}, TransformedColumns: 2}
	for _, test := range []struct {
		r      *predictv1.PredictResponse
		single bool
		want   string
	}{
		{two, false, `{"predictions":[[1,"blue"],[0,"red"]],"probabilities":[[[0.25,0.75],[1,0,0]],[[0.5,0.5],[0,0,1]]],"classes":[[0,1],["blue","green","red"]],"model":"m","version":"3"}`},
		{there, true, `{"prediction":[1,0],"probabilities":[0.75,0.25],"classes":[[0,1],[0,1]],"model":"m","version":"3"}`},
		{plain, true, `{"prediction":["a"],"model":"m","version":"3"}`},
		{columns, false, `{"predictions":[[1,2],[3,4]],"model":"m","version":"3"}`},
	} {
		if err := checkResponse(test.r, int(test.r.GetRows())); err != nil {
			t.Error(err)
		}
		if got := string(appendPredictions(nil, test.r, test.single)); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
