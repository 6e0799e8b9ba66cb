package server

import (
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	"github.com/treehouse-ml/treehouse/services/scoring"
)

// FuzzTensors holds the decoding of inputs to this: whatever bytes come, it
// answers with an error or with a whole batch, and never panics.
func FuzzTensors(f *testing.F) {
	v := version("housing", 1, open(f, housing+"/2/model.joblib"))
	for _, req := range []*inference.ModelInferRequest{
		houseTensors("INLAND", "NEAR BAY"),
		toRaw(f, houseTensors("INLAND", "")),
		{Inputs: []*input{tensorOf("x", "FP16", nil, 2, 9)}, RawInputContents: [][]byte{make([]byte, 36)}},
		{Inputs: []*input{tensorOf("x", "INT64", &contents{Int64Contents: []int64{math.MaxInt64}}, math.MaxInt64, 9)}},
	} {
		data, err := proto.Marshal(req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	w := new(work)
	f.Fuzz(func(t *testing.T, data []byte) {
		req := new(inference.ModelInferRequest)
		if proto.Unmarshal(data, req) != nil {
			return
		}
		defer w.reset()
		if w.tensors(v, req, 1000) != nil {
			return
		}
		if w.batch.Rows < 1 || w.batch.Rows > 1000 || len(w.batch.Columns) != 9 {
			t.Fatalf("a batch of %d rows and %d columns", w.batch.Rows, len(w.batch.Columns))
		}
		for i, c := range w.batch.Columns {
			f := v.Model.Signature().Features[i]
			if f.Type == scoring.String && (len(c.Strings) != w.batch.Rows || c.Missing != nil && len(c.Missing) != w.batch.Rows) ||
				f.Type == scoring.Number && len(c.Numbers) != w.batch.Rows {
				t.Fatalf("column %d has another length than %d rows: %+v", i, w.batch.Rows, c)
			}
		}
	})
}
