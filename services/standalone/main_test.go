package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/standalone/app"
)

// Transcripts: what a command writes, and how it ends.
func TestCommands(t *testing.T) {
	for _, c := range []struct {
		args   string
		code   int
		stdout string // both hold what is expected
		stderr string
	}{
		{"", 2, "", "treehouse serve model.joblib"},
		{"--help", 0, "treehouse version", ""},
		{"version", 0, "treehouse treehouse ", ""},
		{"version now", 2, "", `treehouse version: unexpected argument "now"`},
		{"train", 2, "", `unknown command "train"`},
		{"serve --help", 0, "--model-name name", ""},
		{"serve --speed=9", 2, "", "flag provided but not defined: -speed"},
		{"serve a b", 2, "", `treehouse serve: unexpected argument "b"`},
		{"serve nowhere.joblib", 2, "", "there is nothing to serve: stat "},
		{"serve --model_dir=", 2, "", "model-dir is empty"},
		{"serve . --http_port=70000", 2, "", "http-port is 70000; expected 0 to 65535"},
		{"serve . --grpc_port=-1", 2, "", `invalid value "-1" for flag -grpc-port`},
		{"serve main.go --model_name=a/b", 2, "", `model-name is "a/b"; expected letters`},
		{"serve main.go --tls-cert=a.pem", 2, "", "expected both or neither"},
		{"serve .", 2, "", "treehouse serve: who may call is not said: expected --auth-policy"},
		{"serve . --auth=off --log-format=xml", 1, "", `log format "xml": expected json or text`},
	} {
		var out, err bytes.Buffer
		code := run(strings.Fields(c.args), process{&out, &err, func(string) string { return "" }})
		if code != c.code || !strings.Contains(out.String(), c.stdout) || !strings.Contains(err.String(), c.stderr) ||
			c.stdout == "" && out.Len() > 0 || c.stderr == "" && err.Len() > 0 {
			t.Errorf("treehouse %s: exit code %d\nstdout: %s\nstderr: %s\nwant %d, %q, %q", c.args, code, &out, &err, c.code, c.stdout, c.stderr)
		}
	}
}

// A path that is empty, as of a variable that is not set, is not the default.
func TestEmptyPath(t *testing.T) {
	for _, args := range [][]string{{""}, {"--http_port=0", ""}} {
		if _, err := parsed(t, args); err == nil || !strings.Contains(err.Error(), "PATH is empty") {
			t.Errorf("%q: %v; want that the path is empty", args, err)
		}
	}
}

// What is served follows from the path; a name means the model, or, of a
// repository, the one that answers when none is named.
func TestSource(t *testing.T) {
	top := t.TempDir()
	file := filepath.Join(top, "houses.joblib")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	repository := filepath.Join(top, "models")
	if err := os.MkdirAll(filepath.Join(repository, "houses", "1"), 0o700); err != nil {
		t.Fatal(err)
	}
	type source struct{ Repository, Model, ModelName, DefaultModel string }
	for _, c := range []struct {
		args []string
		want source
	}{
		{[]string{file}, source{Model: file}},
		{[]string{file, "--model_name", "price"}, source{Model: file, ModelName: "price"}},
		{[]string{"--model-name=my_price", file}, source{Model: file, ModelName: "my_price"}},
		{[]string{"--model_name=price", "--model_dir=" + top, "--http_port=8080"}, source{Model: top, ModelName: "price"}},
		{[]string{repository}, source{Repository: repository}},
		{[]string{repository, "--model_name=houses"}, source{Repository: repository, DefaultModel: "houses"}},
		{[]string{"s3://models/prod?region=eu-west-1"}, source{Repository: "s3://models/prod?region=eu-west-1"}},
	} {
		o, err := parsed(t, c.args)
		if err != nil {
			t.Errorf("%v: %v", c.args, err)
			continue
		}
		if got := (source{o.Predict.Repository, o.Predict.Model, o.Predict.ModelName, o.Predict.DefaultModel}); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.args, got, c.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	o, err := parsed(t, []string{t.TempDir(), "--host=127.0.0.1", "--http_port=81", "--grpc-port", "0"})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{o.Gateway.Address, o.Predict.GRPCAddress, o.AdminAddress}
	if want := []string{"127.0.0.1:81", "127.0.0.1:0", "127.0.0.1:9090"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// parsed is what serve makes of arguments.
func parsed(t *testing.T, args []string) (app.Options, error) {
	t.Helper()
	s, flags := newSettings(&bytes.Buffer{}, &bytes.Buffer{})
	return s.read(flags, args, func(string) string { return "" })
}
