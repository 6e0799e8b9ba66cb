package app

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ask posts a body, and reads the answer and its header.
func ask(t *testing.T, url string, body []byte, headers map[string]string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(answer)
}

// Every route that predicts is limited by one bucket of rows, and tells what is
// left of it and when to come back.
func TestLimitsOverHTTP(t *testing.T) {
	g := readGolden(t, "3")
	rows, err := json.Marshal(g.Rows[:2])
	if err != nil {
		t.Fatal(err)
	}
	var inputs, binaryInputs []string
	var raw []byte
	for i, name := range g.Features {
		if text, ok := g.Rows[0][i].(string); ok {
			inputs = append(inputs, fmt.Sprintf(`{"name":%q,"datatype":"BYTES","shape":[1],"data":[%q]}`, name, text))
			binaryInputs = append(binaryInputs, fmt.Sprintf(`{"name":%q,"datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":%d}}`, name, 4+len(text)))
			raw = append(binary.LittleEndian.AppendUint32(raw, uint32(len(text))), text...)
			continue
		}
		inputs = append(inputs, fmt.Sprintf(`{"name":%q,"datatype":"FP64","shape":[1],"data":[%v]}`, name, g.Rows[0][i]))
		binaryInputs = append(binaryInputs, fmt.Sprintf(`{"name":%q,"datatype":"FP64","shape":[1],"parameters":{"binary_data_size":8}}`, name))
		raw, err = binary.Append(raw, binary.LittleEndian, g.Rows[0][i].(float64))
		if err != nil {
			t.Fatal(err)
		}
	}
	head := `{"inputs":[` + strings.Join(binaryInputs, ",") + `]}`
	for _, c := range []struct {
		path    string
		body    []byte
		rows    int
		headers map[string]string
	}{
		{"/predict", []byte(record0(t, g)), 1, nil},
		{"/v1/models/housing:predict", []byte(`{"instances":` + string(rows) + `}`), 2, nil},
		{"/v1/models/housing/versions/3:predict", []byte(`{"instances":` + string(rows) + `}`), 2, nil},
		{"/v2/models/housing/infer", []byte(`{"inputs":[` + strings.Join(inputs, ",") + `]}`), 1, nil},
		{"/v2/models/housing/versions/3/infer", append([]byte(head), raw...), 1, map[string]string{"Inference-Header-Content-Length": strconv.Itoa(len(head)), "Content-Type": "application/octet-stream"}},
	} {
		t.Run(c.path, func(t *testing.T) {
			r := start(t, func(o *Options) {
				o.Predict.Repository, o.Predict.Limits.File = repository(t, "3"), filepath.Join(t.TempDir(), "limits.yaml")
				file := fmt.Sprintf("limits: [{name: shop, models: [housing], per: model, rows: %d/d}]", 2*c.rows)
				if err := os.WriteFile(o.Predict.Limits.File, []byte(file), 0o600); err != nil {
					t.Fatal(err)
				}
			})
			r.ready(t)
			for i, want := range []struct {
				status, left int
			}{{200, c.rows}, {200, 0}, {429, 0}} {
				resp, body := ask(t, r.url+c.path, c.body, c.headers)
				h := resp.Header
				if resp.StatusCode != want.status || h.Get("RateLimit-Remaining") != strconv.Itoa(want.left) || h.Get("RateLimit-Limit") != strconv.Itoa(2*c.rows) ||
					h.Get("RateLimit-Reset") == "" || !strings.Contains(h.Get("RateLimit-Policy"), `;w=86400;unit=rows;name="shop"`) {
					t.Errorf("request %d: %d %s, %v", i, resp.StatusCode, body, h)
				}
				seconds, _ := strconv.Atoi(h.Get("Retry-After"))
				if refused := want.status == 429; refused != (seconds > 3600) || refused != strings.Contains(body, `"code":"rate_limited"`) || refused && h.Get("Retry-After") != h.Get("RateLimit-Reset") {
					t.Errorf("request %d: %s, %v", i, body, h)
				}
			}
		})
	}
}

// What no full bucket could let through is too large, and no reason to come
// back.
func TestAboveLimitOverHTTP(t *testing.T) {
	g := readGolden(t, "3")
	r := start(t, func(o *Options) {
		o.Predict.Repository, o.Predict.Limits.File = repository(t, "3"), filepath.Join(t.TempDir(), "limits.yaml")
		if err := os.WriteFile(o.Predict.Limits.File, []byte("limits: [{name: shop, rows: 3/d}]"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	r.ready(t)
	rows, err := json.Marshal(map[string]any{"instances": g.Rows[:4]})
	if err != nil {
		t.Fatal(err)
	}
	resp, body := ask(t, r.url+"/v1/models/housing:predict", rows, nil)
	if resp.StatusCode != http.StatusRequestEntityTooLarge || resp.Header.Get("Retry-After") != "" ||
		!strings.Contains(body, `"error":"the request has 4 rows, but the limit shop never lets through more than 3 at once; send fewer in a request","code":"above_limit"`) {
		t.Errorf("%d %s, %v", resp.StatusCode, body, resp.Header)
	}
}
