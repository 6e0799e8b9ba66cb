package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const housing = "../../predict/models/housing"

// A running process, on free ports.
type running struct {
	url, admin string
	conn       *grpc.ClientConn
	log        *output
	// stop ends it and returns what Run returned.
	stop func() error
}

// output is what a process writes; it may be read meanwhile.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func testOptions() Options {
	o := DefaultOptions()
	o.Auth.Mode = "off"
	o.AdminAddress, o.Gateway.Address, o.Predict.GRPCAddress = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	return o
}

func start(t *testing.T, change func(*Options)) *running {
	t.Helper()
	r := &running{log: &output{}}
	o := testOptions()
	o.LogOutput = r.log
	change(&o)
	listening := make(chan Addresses, 1)
	o.Listening = func(a Addresses) { listening <- a }
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- Run(ctx, o) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-result })
	t.Cleanup(func() {
		_ = r.stop()
		if t.Failed() {
			t.Logf("the log:\n%s", r.log)
		}
	})
	select {
	case at := <-listening:
		r.url, r.admin = "http://"+at.API.String(), "http://"+at.Admin.String()
		var err error
		if r.conn, err = grpc.NewClient(at.GRPC.String(), grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.conn.Close() })
	case err := <-result:
		t.Fatal(err)
	}
	return r
}

func (r *running) ready(t *testing.T) {
	t.Helper()
	eventually(t, "ready", func() bool {
		code, _, _ := fetch(r.admin+"/readyz", "")
		return code == http.StatusOK
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 1000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("after 10 s it is not so: %s", what)
}

// fetch gets a URL, or posts a body to it.
func fetch(url, body string) (int, string, error) {
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(answer), err
}

// golden is what scikit-learn answers for some rows.
type golden struct {
	Features []string `json:"features"`
	Rows     [][]any  `json:"rows"`
	Outputs  struct {
		Predict [][]float64 `json:"predict"`
	} `json:"outputs"`
}

func readGolden(t *testing.T, version string) golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(housing, version, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	// Rows with missing and infinite numbers are for predict's own tests.
	plain := golden{Features: g.Features}
	for i, row := range g.Rows {
		if !slices.EqualFunc(row, g.Rows[0], func(a, b any) bool { return reflect.TypeOf(a) == reflect.TypeOf(b) }) {
			continue
		}
		plain.Rows = append(plain.Rows, row)
		plain.Outputs.Predict = append(plain.Outputs.Predict, g.Outputs.Predict[i])
	}
	if len(plain.Rows) < 50 {
		t.Fatalf("only %d plain rows", len(plain.Rows))
	}
	return plain
}

// repository is a folder with versions of the housing model.
func repository(t *testing.T, versions ...string) string {
	t.Helper()
	top := t.TempDir()
	for _, v := range versions {
		if err := os.CopyFS(filepath.Join(top, "housing", v), os.DirFS(filepath.Join(housing, v))); err != nil {
			t.Fatal(err)
		}
	}
	return top
}
