package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const house = "longitude,latitude,housing_median_age,total_rooms,total_bedrooms,population,households,median_income,ocean_proximity\n" +
	"-122.23,37.88,41,880,129,322,126,8.3252,NEAR BAY\n"

// command runs a command as main does.
func command(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(args, process{strings.NewReader(stdin), &out, &err, func(string) string { return "" }})
	return code, out.String(), err.String()
}

// Transcripts: what a command writes, and how it ends.
func TestCommands(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "model.pkl")
	if err := os.WriteFile(broken, []byte("\x80\x04cos\nsystem\n."), 0o600); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "models")
	tests := []struct {
		args   string
		stdin  string
		code   int
		stdout string // these are parts
		stderr string
	}{
		{"", "", 2, "", "predict serve      serve a repository of models"},
		{"help", "", 0, "predict inspect    tell what a model file is", ""},
		{"--help", "", 0, "predict COMMAND --help tells more.", ""},
		{"serv", "", 2, "", `predict: unknown command "serv"`},
		{"version", "", 0, "treehouse predict ", ""},
		{"version now", "", 2, "", `predict version: unexpected argument "now"`},

		{"serve --help", "", 0, "--repository directory\n        the directory of models, or where they are in an object store: s3://bucket/prefix?region=…, gs://… or azblob://… (default models) [$TREEHOUSE_REPOSITORY, $MODEL_REPOSITORY]", ""},
		{"serve --colour", "", 2, "", "flag provided but not defined: -colour"},
		{"serve models", "", 2, "", `predict serve: unexpected argument "models"`},
		{"serve", "", 2, "", "predict serve: who may call is not said: expected --auth-policy FILE with --auth-keys FILE, or --auth=off"},
		{"serve --auth=on", "", 2, "", `predict serve: auth is "on"; expected off, or nothing`},
		{"serve --auth=off --load later", "", 2, "", `predict serve: load is "later"; expected startup or on-demand`},
		{"serve --auth=off --grpc-address nowhere:x", "", 1, "", "predict serve: listen tcp: lookup tcp/x"},

		{"inspect --help", "", 0, "predict inspect FILE [--json]", ""},
		{"inspect", "", 2, "", "predict inspect: no file is named\npredict inspect --help tells more."},
		{"inspect a b", "", 2, "", `unexpected argument "b"`},
		{"inspect nowhere", "", 1, "", "predict inspect: stat nowhere: no such file"},
		{"inspect " + broken, "", 1, "", "predict inspect: "},
		{"inspect models/housing/1", "", 0, "rows of the library's own outputs replayed, every one the same", ""},
		{"inspect models/housing/3/model.joblib", "", 0, "library      scikit-learn 1.9.1, xgboost 3.2.0", ""},

		{"copy --help", "", 0, "predict copy [--desired FILE] FROM TO", ""},
		{"copy models", "", 2, "", "predict copy: expected FROM and TO, got 1 arguments"},
		{"copy --max-model-bytes 0 models " + copied, "", 2, "", "max-model-bytes is 0; expected more than 0"},
		{"copy --desired nowhere models " + copied, "", 1, "", "predict copy: desired set: open nowhere: no such file"},
		{"copy nowhere " + copied, "", 1, "0 versions copied", "predict copy: model repository: open nowhere: no such file"},
		{"copy models " + copied, "", 0, "3 versions copied (", ""},
		{"copy models/ " + copied, "", 0, "0 versions copied (0 bytes), 3 there already", ""},
		{"inspect " + copied + "/housing/2", "", 0, "every one the same", ""},

		{"score --help", "", 0, "predict score --model FILE --input rows.csv", ""},
		{"score", "", 2, "", "predict score: no --model is given"},
		{"score --model models/housing/1", "", 2, "", "predict score: no --input is given"},
		{"score --model models/housing/1 --input - --method guess", "", 2, "", `method is "guess"; expected predict, predict_proba, decision_function or transform`},
		{"score --model nowhere --input -", "", 1, "", "predict score: nowhere: stat nowhere: no such file"},
		{"score --model models/housing/1 --input nowhere", "", 1, "", "predict score: open nowhere: no such file"},
		{"score --model models/housing/1 --input - --method predict_proba", house, 1, "", "predict score: the model has no predict_proba; it has predict"},
		{"score --model models/housing/1 --input -", "", 1, "", "predict score: the input is empty; expected a header"},
		{"score --model models/housing/1 --input -", house + "1,2,3,4,5,6,7,many,INLAND\n", 1, "", `row 2 (line 3), column median_income: "many" is not a number`},
		{"score --model models/housing/1 --input -", house, 0, "prediction\n4", ""},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, stdout, stderr := command(tt.stdin, strings.Fields(tt.args)...)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) {
				t.Errorf("exit %d\nstdout: %s\nstderr: %s\nwant exit %d, %q, %q", code, stdout, stderr, tt.code, tt.stdout, tt.stderr)
			}
			if (tt.stderr == "") != (stderr == "") {
				t.Errorf("stderr: %s", stderr)
			}
		})
	}
}

func TestInspectJSON(t *testing.T) {
	for _, args := range [][]string{{"inspect", "--json", "models/housing/1"}, {"inspect", "models/housing/1", "--json"}} {
		code, stdout, stderr := command("", args...)
		var report struct {
			Library, Version string
			Trees            int
			MaxDepth         int `json:"max_depth"`
			Stages           []struct{ Path, Class string }
			Inputs           []struct {
				Name, Type string
				Categories []string
			}
			Outputs     int
			Certificate struct{ Rows int }
		}
		if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != 0 {
			t.Fatalf("exit %d, %v, %s", code, err, stderr)
		}
		if report.Library != "scikit-learn" || report.Version == "" || report.Trees != 100 || report.MaxDepth == 0 || len(report.Stages) == 0 ||
			len(report.Inputs) != 9 || len(report.Inputs[8].Categories) != 5 || report.Outputs != 1 || report.Certificate.Rows == 0 {
			t.Errorf("report: %+v", report)
		}
	}
}

// A certificate that does not hold is told, and the exit code says so, too.
func TestInspectBrokenCertificate(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("models/housing/1")); err != nil {
		t.Fatal(err)
	}
	golden, err := os.ReadFile(filepath.Join(dir, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(golden, []byte(`"predict": [`))
	digits := regexp.MustCompile(`\d\.`).FindIndex(golden[i:])
	golden[i+digits[0]] ^= 1 // another last digit before the point
	if err := os.WriteFile(filepath.Join(dir, "golden.json"), golden, 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command("", "inspect", dir)
	if code != 1 || !strings.Contains(stdout, "BROKEN: golden row 0: predict") || !strings.Contains(stderr, "the certificate does not hold") {
		t.Errorf("exit %d\n%s\n%s", code, stdout, stderr)
	}
	if code, _, stderr := command(house, "score", "--model", dir, "--input", "-"); code != 1 || !strings.Contains(stderr, "golden row 0") {
		t.Errorf("score with it: exit %d, %s", code, stderr)
	}
	// And a tampered artifact.
	artifact := filepath.Join(dir, "model.joblib")
	data, err := os.ReadFile(artifact)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(artifact, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"inspect", dir}, {"score", "--model", dir, "--input", "-"}} {
		if code, _, stderr := command(house, args...); code != 1 || !strings.Contains(stderr, "but model.yaml says") {
			t.Errorf("%s a tampered model: exit %d, %s", args[0], code, stderr)
		}
	}
}

func TestScoreToFile(t *testing.T) {
	output := filepath.Join(t.TempDir(), "out.csv")
	if err := os.WriteFile(output, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"score", "--model", "models/housing/1", "--input", "-", "--output", output}
	code, _, _ := command(house+"bad,2,3,4,5,6,7,8,INLAND\n", args...)
	if got, _ := os.ReadFile(output); code != 1 || string(got) != "old" {
		t.Errorf("a failed run: exit %d, output %q; want the old one", code, got)
	}
	if code, _, stderr := command(house, args...); code != 0 {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if got, _ := os.ReadFile(output); !strings.HasPrefix(string(got), "prediction\n4") {
		t.Errorf("output %q", got)
	}
	if left, _ := filepath.Glob(output + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestServe starts the command as main does, and ends it by a signal.
func TestServe(t *testing.T) {
	logs, w := io.Pipe()
	defer w.Close()
	code := make(chan int, 1)
	go func() {
		env := map[string]string{"MODEL_REPOSITORY": "models", "TREEHOUSE_ADMIN_ADDRESS": "127.0.0.1:0"}
		code <- run([]string{"serve", "--auth=off", "--grpc-address", "127.0.0.1:0"}, process{strings.NewReader(""), io.Discard, w, func(name string) string { return env[name] }})
	}()
	admin, ready := "", false
	lines := bufio.NewScanner(logs)
	for !ready && lines.Scan() {
		var line struct{ Msg, Admin, GRPC string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("the log is not JSON: %s", lines.Text())
		}
		switch line.Msg {
		case "listening":
			admin = line.Admin
			if _, _, err := net.SplitHostPort(line.GRPC); err != nil {
				t.Errorf("log: %s", lines.Text())
			}
		case "ready":
			ready = true
		}
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	resp, err := http.Get("http://" + admin + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("GET /readyz = %d", resp.StatusCode)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-code:
		if c != 0 {
			t.Errorf("exit code %d, want 0", c)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("SIGTERM did not end it")
	}
}
