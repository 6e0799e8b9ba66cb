package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestStack starts both real binaries on free ports, with the housing models,
// and drives every route of the OpenAPI document. The prices it expects are
// scikit-learn's own, from the models' goldens.
func TestStack(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts both services")
	}
	s := startStack(t, flags{})
	s.found(t)
	row, prices := goldenRow(t)
	record, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	newest := prices["3"]

	calls := []struct {
		route  string // as in the document
		path   string
		body   string
		status int
		check  func(*testing.T, map[string]any)
	}{
		{"GET /", "/", "", 200, has("status", "alive")},
		{"GET /health", "/health", "", 200, has("status", "ok")},
		{"GET /openapi.json", "/openapi.json", "", 200, has("openapi", "3.1.0")},
		{"GET /docs", "/docs", "", 200, nil},
		{"POST /predict", "/predict", string(record), 200, all(has("model", "housing"), has("version", "3"), has("prediction", newest))},
		{"POST /predict", "/predict", "[" + string(record) + "," + string(record) + "]", 200, has("predictions", []any{newest, newest})},
		{"POST /predict", "/predict", `{"longitude": 1, "depth": 2}`, 422, has("field", "depth")},
		{"POST /predict", "/predict", `{"longitude": }`, 400, mentions("error", "longitude")},

		{"GET /v1/models", "/v1/models", "", 200, has("models", []any{"housing"})},
		{"GET /v1/models/{model}", "/v1/models/housing", "", 200, has("ready", true)},
		{"GET /v1/models/{model}", "/v1/models/castle", "", 404, mentions("error", "castle")},
		{"GET /v1/models/{model}/versions/{version}", "/v1/models/housing/versions/1", "", 200, has("ready", true)},
		{"POST /v1/models/{model}:predict", "/v1/models/housing:predict", `{"instances":[` + string(record) + `]}`, 200, has("predictions", []any{newest})},
		{"POST /v1/models/{model}/versions/{version}:predict", "/v1/models/housing/versions/1:predict", `{"instances":[` + string(record) + `]}`, 200, all(has("predictions", []any{prices["1"]}), has("version", "1"))},
		{"POST /v1/models/{model}/versions/{version}:predict", "/v1/models/housing/versions/2:predict", `{"instances":[` + string(record) + `]}`, 200, has("predictions", []any{prices["2"]})},
		{"POST /v1/models/{model}/versions/{version}:predict", "/v1/models/housing/versions/99:predict", `{"instances":[` + string(record) + `]}`, 404, mentions("error", "99")},
		{"POST /v1/models/{model}:explain", "/v1/models/housing:explain", `{"instances":[]}`, 501, nil},
		{"POST /v1/models/{model}/versions/{version}:explain", "/v1/models/housing/versions/1:explain", `{"instances":[]}`, 501, nil},

		{"GET /v2", "/v2", "", 200, mentions("extensions", "model_repository")},
		{"GET /v2/health/live", "/v2/health/live", "", 200, has("live", true)},
		{"GET /v2/health/ready", "/v2/health/ready", "", 200, has("ready", true)},
		{"GET /v2/models/{model}", "/v2/models/housing", "", 200, all(has("name", "housing"), has("versions", []any{"1", "2", "3"}))},
		{"GET /v2/models/{model}/versions/{version}", "/v2/models/housing/versions/2", "", 200, has("name", "housing")},
		{"GET /v2/models/{model}/ready", "/v2/models/housing/ready", "", 200, has("ready", true)},
		{"GET /v2/models/{model}/versions/{version}/ready", "/v2/models/housing/versions/3/ready", "", 200, has("ready", true)},
		{"POST /v2/models/{model}/infer", "/v2/models/housing/infer", tensors(t, row), 200, all(has("id", "t1"), price(newest))},
		{"POST /v2/models/{model}/versions/{version}/infer", "/v2/models/housing/versions/1/infer", tensors(t, row), 200, price(prices["1"])},
		{"POST /v2/repository/index", "/v2/repository/index", "", 200, nil},
		{"POST /v2/repository/models/{model}/load", "/v2/repository/models/housing/load", "{}", 409, mentions("error", "switched off")},
		{"POST /v2/repository/models/{model}/unload", "/v2/repository/models/housing/unload", "{}", 409, mentions("error", "switched off")},

		{"GET /api/v1/models", "/api/v1/models", "", 200, mentions("models", "housing")},
		{"GET /api/v1/models/{name}", "/api/v1/models/housing", "", 200, mentions("signature", "ocean_proximity")},
		{"GET /api/v1/models/{name}/versions/{version}", "/api/v1/models/housing/versions/1", "", 200, mentions("origin", "scikit-learn")},
	}
	driven := map[string]bool{}
	for _, c := range calls {
		method, _, _ := strings.Cut(c.route, " ")
		t.Run(method+" "+c.path, func(t *testing.T) {
			driven[c.route] = true
			status, body := s.do(t, method, c.path, c.body, nil)
			if status != c.status {
				t.Fatalf("status %d, want %d: %s", status, c.status, body)
			}
			if c.check == nil {
				return
			}
			var answer map[string]any
			if err := json.Unmarshal(body, &answer); err != nil {
				t.Fatalf("not a JSON object: %v: %s", err, body)
			}
			c.check(t, answer)
		})
	}
	for _, route := range s.documented(t) {
		if !driven[route] {
			t.Errorf("no call drives %s", route)
		}
	}

	t.Run("the document's examples are what the service answers", func(t *testing.T) {
		for _, e := range s.examples(t) {
			status, body := s.do(t, http.MethodPost, e.path, e.request, nil)
			var got, want any
			if err := errors.Join(json.Unmarshal(body, &got), json.Unmarshal([]byte(e.answer), &want)); err != nil {
				t.Fatal(err)
			}
			sameID(got, want)
			if status != http.StatusOK || !reflect.DeepEqual(got, want) {
				t.Errorf("%s with %s: %d %s, documented %s", e.path, e.request, status, body, e.answer)
			}
		}
	})

	t.Run("every prediction has an id", func(t *testing.T) { s.predictionIDs(t, string(record), tensors(t, row)) })

	t.Run("binary tensors", func(t *testing.T) {
		header, raw := binaryTensors(t, row)
		_, body := s.do(t, http.MethodPost, "/v2/models/housing/infer", header+raw,
			http.Header{"Inference-Header-Content-Length": {strconv.Itoa(len(header))}})
		// The answer is JSON, then one float32: the XGBoost model's own type.
		if len(body) < 4 {
			t.Fatalf("answer %q", body)
		}
		got := float64(math.Float32frombits(binary.LittleEndian.Uint32(body[len(body)-4:])))
		if got != newest {
			t.Errorf("price %v, want %v in %q", got, newest, body)
		}
	})

	t.Run("a model change is picked up and a broken version replaces nothing", func(t *testing.T) {
		copyTree(t, filepath.Join(s.repository, "housing", "1"), filepath.Join(s.repository, "housing", "4"))
		s.eventually(t, "version 4 answers", func() bool {
			_, body := s.do(t, http.MethodPost, "/predict", string(record), nil)
			return bytes.Contains(body, []byte(`"version":"4"`))
		})
		copyTree(t, filepath.Join(s.repository, "housing", "1"), filepath.Join(s.repository, "housing", "5"))
		artifact := filepath.Join(s.repository, "housing", "5", "model.joblib")
		tampered, err := os.ReadFile(artifact)
		if err != nil {
			t.Fatal(err)
		}
		tampered[len(tampered)/2] ^= 1
		if err := os.WriteFile(artifact, tampered, 0o600); err != nil {
			t.Fatal(err)
		}
		s.eventually(t, "the index reports version 5 as broken", func() bool {
			_, body := s.do(t, http.MethodPost, "/v2/repository/index", "", nil)
			var index []struct{ Name, Version, State, Reason string }
			if err := json.Unmarshal(body, &index); err != nil {
				t.Fatal(err)
			}
			for _, m := range index {
				if m.Version == "5" && m.State == "FAILED" && strings.Contains(m.Reason, "sha256") {
					return true
				}
			}
			return false
		})
		if _, body := s.do(t, http.MethodPost, "/predict", string(record), nil); !bytes.Contains(body, []byte(`"version":"4"`)) {
			t.Errorf("the broken version 5 changed the answer: %s", body)
		}
	})

	t.Run("without predict the gateway answers 503, soon", func(t *testing.T) {
		s.predict.stop(t)
		start := time.Now()
		status, body := s.do(t, http.MethodPost, "/predict", string(record), nil)
		if status != http.StatusServiceUnavailable || time.Since(start) > 12*time.Second {
			t.Errorf("status %d after %v: %s", status, time.Since(start), body)
		}
		if status, _ := s.do(t, http.MethodGet, "/health", "", nil); status != http.StatusOK {
			t.Errorf("/health is %d; it must not depend on predict", status)
		}
	})
	s.gateway.stop(t)
}

// documented are the routes that the running gateway documents.
func (s *stack) documented(t *testing.T) []string {
	t.Helper()
	_, body := s.do(t, http.MethodGet, "/openapi.json", "", nil)
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	var routes []string
	for path, methods := range document.Paths {
		for method := range methods {
			if method == "get" || method == "post" {
				routes = append(routes, strings.ToUpper(method)+" "+path)
			}
		}
	}
	if len(routes) < 20 {
		t.Fatalf("the document has only %d routes", len(routes))
	}
	return routes
}

// An example is a documented request and its documented answer.
type example struct{ path, request, answer string }

// examples are those of the routes that predict.
func (s *stack) examples(t *testing.T) []example {
	t.Helper()
	type content struct {
		Content map[string]struct {
			Example  json.RawMessage `json:"example"`
			Examples map[string]struct {
				Value json.RawMessage `json:"value"`
			} `json:"examples"`
		} `json:"content"`
	}
	_, body := s.do(t, http.MethodGet, "/openapi.json", "", nil)
	var document struct {
		Paths map[string]struct {
			Post struct {
				RequestBody content            `json:"requestBody"`
				Responses   map[string]content `json:"responses"`
			} `json:"post"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	predict := document.Paths["/predict"].Post
	requests, answers := predict.RequestBody.Content["application/json"].Examples, predict.Responses["200"].Content["application/json"].Examples
	all := []example{
		{"/predict", string(requests["house"].Value), string(answers["one"].Value)},
		{"/predict", string(requests["houses"].Value), string(answers["list"].Value)},
	}
	for _, path := range []string{"/v1/models/{model}:predict", "/v1/models/{model}/versions/{version}:predict",
		"/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"} {
		post := document.Paths[path].Post
		all = append(all, example{strings.NewReplacer("{model}", "housing", "{version}", "3").Replace(path),
			string(post.RequestBody.Content["application/json"].Example), string(post.Responses["200"].Content["application/json"].Example)})
	}
	return all
}

// goldenRow returns a row without missing values, as a record, and its price
// in each version, which the training library computed.
func goldenRow(t *testing.T) (map[string]any, map[string]float64) {
	t.Helper()
	var row map[string]any
	prices := map[string]float64{}
	for _, version := range []string{"1", "2", "3"} {
		data, err := os.ReadFile(filepath.Join("../predict/models/housing", version, "golden.json"))
		if err != nil {
			t.Fatal(err)
		}
		var golden struct {
			Features []string `json:"features"`
			Rows     [][]any  `json:"rows"`
			Outputs  struct {
				Predict [][]float64 `json:"predict"`
			} `json:"outputs"`
		}
		if err := json.Unmarshal(data, &golden); err != nil {
			t.Fatal(err)
		}
		if row == nil {
			row = map[string]any{}
			for i, name := range golden.Features {
				row[name] = golden.Rows[0][i]
			}
		}
		for i, values := range golden.Rows {
			same := true
			for j, name := range golden.Features {
				same = same && values[j] == row[name]
			}
			if same {
				prices[version] = golden.Outputs.Predict[i][0]
				break
			}
		}
		if _, ok := prices[version]; !ok {
			t.Fatalf("the goldens of version %s lack the row %v", version, row)
		}
	}
	return row, prices
}

// tensors is a V2 request in JSON: one tensor a feature.
func tensors(t *testing.T, row map[string]any) string {
	t.Helper()
	var inputs []map[string]any
	for name, value := range row {
		datatype := "FP64"
		if _, ok := value.(string); ok {
			datatype = "BYTES"
		}
		inputs = append(inputs, map[string]any{"name": name, "datatype": datatype, "shape": []int{1, 1}, "data": []any{value}})
	}
	body, err := json.Marshal(map[string]any{"id": "t1", "inputs": inputs})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// binaryTensors is a V2 request in binary: the JSON, and what follows it.
func binaryTensors(t *testing.T, row map[string]any) (header, raw string) {
	t.Helper()
	var inputs []map[string]any
	var data []byte
	for name, value := range row {
		datatype, size := "FP64", 8
		switch v := value.(type) {
		case float64:
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
		case string:
			datatype, size = "BYTES", 4+len(v)
			data = append(binary.LittleEndian.AppendUint32(data, uint32(len(v))), v...)
		default:
			t.Fatalf("%s is %v", name, value)
		}
		inputs = append(inputs, map[string]any{"name": name, "datatype": datatype, "shape": []int{1},
			"parameters": map[string]any{"binary_data_size": size}})
	}
	body, err := json.Marshal(map[string]any{"inputs": inputs, "parameters": map[string]any{"binary_data_output": true}})
	if err != nil {
		t.Fatal(err)
	}
	return string(body), string(data)
}

func has(key string, want any) func(*testing.T, map[string]any) {
	return func(t *testing.T, answer map[string]any) {
		if fmt.Sprint(answer[key]) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v", key, answer[key], want)
		}
	}
}

func mentions(key, part string) func(*testing.T, map[string]any) {
	return func(t *testing.T, answer map[string]any) {
		if !strings.Contains(fmt.Sprint(answer[key]), part) {
			t.Errorf("%s is %v; want it to mention %q", key, answer[key], part)
		}
	}
}

// price checks the first output of a V2 answer.
func price(want float64) func(*testing.T, map[string]any) {
	return func(t *testing.T, answer map[string]any) {
		outputs, _ := answer["outputs"].([]any)
		if len(outputs) == 0 {
			t.Fatalf("no outputs in %v", answer)
		}
		first, _ := outputs[0].(map[string]any)
		if first["name"] != "predict" || fmt.Sprint(first["data"]) != fmt.Sprint([]any{want}) {
			t.Errorf("the first output is %v, want predict with %v", first, want)
		}
	}
}

func all(checks ...func(*testing.T, map[string]any)) func(*testing.T, map[string]any) {
	return func(t *testing.T, answer map[string]any) {
		for _, check := range checks {
			check(t, answer)
		}
	}
}
