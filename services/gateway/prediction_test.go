package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var predictionID = regexp.MustCompile("^[0-9a-f]{32}$")

// predictionIDs: every prediction is named, another name each time, in the
// header and where the protocol has room for it; a failure of a version, too.
func (s *stack) predictionIDs(t *testing.T, record, tensors string) {
	infer := func(m map[string]any) any {
		if m["id"] != "t1" { // the request's own stays
			t.Errorf("the answer's id is %v, want t1", m["id"])
		}
		parameters, _ := m["parameters"].(map[string]any)
		return parameters["prediction_id"]
	}
	field := func(m map[string]any) any { return m["prediction_id"] }
	seen := map[string]bool{}
	for _, c := range []struct {
		path, body string
		status     int
		told       func(map[string]any) any
	}{
		{"/predict", record, 200, field},
		{"/predict", "[" + record + "," + record + "]", 200, field},
		{"/v1/models/housing:predict", `{"instances":[` + record + `]}`, 200, field},
		{"/v2/models/housing/infer", tensors, 200, infer},
		{"/predict", `{"rooms": 3}`, 422, field},
	} {
		resp, err := s.client.Post(s.url+c.path, "application/json", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(resp.Body); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		var answer map[string]any
		if err := json.Unmarshal(body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		id := resp.Header.Get("Treehouse-Prediction-Id")
		if resp.StatusCode != c.status || !predictionID.MatchString(id) || seen[id] || c.told(answer) != id {
			t.Errorf("%s: status %d, want %d; header %q, want a new id, and the same in %s", c.path, resp.StatusCode, c.status, id, &body)
		}
		seen[id] = true
	}
	resp, err := s.client.Post(s.url+"/v1/models/houses:predict", "application/json", strings.NewReader(`{"instances":[[1]]}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if id := resp.Header.Get("Treehouse-Prediction-Id"); resp.StatusCode != http.StatusNotFound || id != "" {
		t.Errorf("a model that is not there: status %d, prediction %q; want no prediction", resp.StatusCode, id)
	}
}

// sameID gives an answer the documented one's prediction id, which is another
// one each time, if it has one that looks like it.
func sameID(got, want any) {
	g, _ := got.(map[string]any)
	w, _ := want.(map[string]any)
	if inner, ok := g["parameters"].(map[string]any); ok {
		g = inner
		w, _ = w["parameters"].(map[string]any)
	}
	if id, _ := g["prediction_id"].(string); predictionID.MatchString(id) && w["prediction_id"] != nil {
		g["prediction_id"] = w["prediction_id"]
	}
}
