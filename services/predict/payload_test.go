package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
	"github.com/treehouse-ml/treehouse/services/predict/app"
)

// loggedHouses serves the example with a payload log and returns the
// predictions that it answered, by name, each for houses of growing income.
func loggedHouses(t *testing.T, log string, requests, rows int) map[string]float64 {
	t.Helper()
	o := app.DefaultOptions()
	o.Auth.Mode = "off"
	o.GRPCAddress, o.AdminAddress, o.Repository, o.LogOutput = "127.0.0.1:0", "127.0.0.1:0", "models", io.Discard
	o.PayloadLog, o.PayloadModels, o.Instance = log, "housing", "pod"
	listening := make(chan net.Addr, 1)
	o.Listening = func(grpc, _ net.Addr) { listening <- grpc }
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, o) }()
	var address net.Addr
	select {
	case address = <-listening:
	case err := <-ended:
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(address.String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client := predictv1.NewPredictServiceClient(conn)
	answers := map[string]float64{}
	for n := range requests {
		var resp *predictv1.PredictResponse
		var err error
		for range 500 { // until the version is loaded
			if resp, err = client.Predict(t.Context(), houses(n, rows)); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range resp.GetValues() {
			answers[fmt.Sprintf("%s,%d", resp.GetPredictionId(), i)] = v
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return answers
}

// houses are n by n of them.
func houses(n, rows int) *predictv1.PredictRequest {
	table := &predictv1.Table{Rows: uint32(rows)}
	for name, v := range map[string]float64{"longitude": -122.23, "latitude": 37.88, "housing_median_age": 41, "total_rooms": 880,
		"total_bedrooms": 129, "population": 322, "households": 126, "median_income": 1} {
		numbers := &predictv1.Numbers{}
		for i := range rows {
			if name == "median_income" {
				v = 1 + 0.1*float64(n*rows+i)
			}
			numbers.Values = append(numbers.Values, v)
		}
		table.Columns = append(table.Columns, &predictv1.Column{Name: name, Values: &predictv1.Column_Numbers{Numbers: numbers}})
	}
	oceans := &predictv1.Strings{}
	for i := range rows {
		oceans.Values = append(oceans.Values, []string{"NEAR BAY", "INLAND"}[i%2])
	}
	table.Columns = append(table.Columns, &predictv1.Column{Name: "ocean_proximity", Values: &predictv1.Column_Strings{Strings: oceans}})
	return &predictv1.PredictRequest{Version: 3, Rows: &predictv1.PredictRequest_Table{Table: table}}
}

// From an answer to how good it was, and to how another version would have
// answered: by the real server and the real commands.
func TestEvaluateAndReplay(t *testing.T) {
	log := t.TempDir()
	answers := loggedHouses(t, log, 20, 4)
	var labels strings.Builder
	labels.WriteString("id,row,label\n")
	squared := 0.0
	n := 0
	for name, v := range answers {
		off := float64(100 * (n%7 + 1))
		n++
		squared += off * off
		fmt.Fprintf(&labels, "%s,%v\n", name, v+off)
	}
	labels.WriteString("nobody,0,1\n")
	file := filepath.Join(t.TempDir(), "labels.csv")
	if err := os.WriteFile(file, []byte(labels.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	call := func(want int, args ...string) (string, string) {
		t.Helper()
		var out, stderr bytes.Buffer
		if code := run(args, process{strings.NewReader(labels.String()), &out, &stderr, func(string) string { return "" }}); code != want {
			t.Errorf("predict %s: exit code %d, want %d: %s", strings.Join(args, " "), code, want, &stderr)
		}
		return out.String(), stderr.String()
	}

	textfile := filepath.Join(t.TempDir(), "housing.prom")
	out, _ := call(exitOK, "evaluate", "--log", log, "--labels", file, "--segment", "ocean_proximity", "--output", "json", "--textfile", textfile)
	var report struct {
		Matched         int `json:"matched"`
		UnmatchedLabels int `json:"unmatched_labels"`
		Groups          []struct {
			Version int64   `json:"version"`
			Rows    int     `json:"rows"`
			RMSE    float64 `json:"rmse"`
		} `json:"groups"`
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if g := report.Groups; report.Matched != 80 || report.UnmatchedLabels != 1 || len(g) != 3 || g[0].Version != 3 || g[0].Rows != 80 || g[1].Rows != 40 ||
		math.Abs(g[0].RMSE-math.Sqrt(squared/80)) > 1e-6 {
		t.Errorf("report %s, want an RMSE of %v", out, math.Sqrt(squared/80))
	}
	if text, err := os.ReadFile(textfile); err != nil || !strings.Contains(string(text), `treehouse_evaluation_mae{model="housing",version="3",feature="ocean_proximity",segment="INLAND"}`) {
		t.Errorf("textfile %s, %v", text, err)
	}
	if out, _ := call(exitOK, "evaluate", "--log", log, "--labels", "-"); !strings.HasPrefix(out, "housing, regression: 80 of 81 labels found their prediction; 0 predictions have no label\n") {
		t.Errorf("table %s", out)
	}

	out, _ = call(exitOK, "replay", "--log", log, "--model", "models/housing/3", "--fail-over", "0")
	if !strings.Contains(out, "80 compared, 0 refused by the candidate, 0 without an answer then") || !strings.Contains(out, "max 0\n") {
		t.Errorf("the same version: %s", out)
	}
	out, message := call(exitDiffers, "replay", "--log", log, "--model", "models/housing/1", "--tolerance", "1%", "--fail-over", "0.01", "--output", "json")
	if !strings.Contains(out, `"beyond_tolerance":`) || !strings.Contains(message, "of the rows are beyond the tolerance or refused; at most 1 % may be") {
		t.Errorf("another version: %s%s", out, message)
	}

	bad := filepath.Join(t.TempDir(), "bad.csv")
	if err := os.WriteFile(bad, []byte("id,label\na,1\nb,many\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, "no --log is given", []string{"evaluate", "--labels", file}},
		{exitUsage, "no --labels are given", []string{"evaluate", "--log", log}},
		{exitUsage, "output is \"xml\"", []string{"evaluate", "--log", log, "--labels", file, "--output", "xml"}},
		{exitUsage, "the URL carries credentials", []string{"evaluate", "--log", "s3://a:b@c", "--labels", file}},
		{exitFailure, bad + `: line 3: label is "many"; expected a finite number`, []string{"evaluate", "--log", log, "--labels", bad}},
		{exitFailure, "no such file", []string{"evaluate", "--log", log + "/nowhere", "--labels", file}},
		{exitFailure, "the log has no rows of churn", []string{"evaluate", "--log", log, "--labels", file, "--model", "churn"}},
		{exitUsage, "no --model is given", []string{"replay", "--log", log}},
		{exitUsage, "tolerance is \"-1\"", []string{"replay", "--log", log, "--model", "m", "--tolerance", "-1"}},
		{exitUsage, "fail-over is 2", []string{"replay", "--log", log, "--model", "m", "--fail-over", "2"}},
		{exitFailure, "no such file", []string{"replay", "--log", log, "--model", "nowhere"}},
	} {
		if _, message := call(c.code, c.args...); !strings.Contains(message, c.want) {
			t.Errorf("predict %s: %s, want %s", strings.Join(c.args, " "), message, c.want)
		}
	}
}
