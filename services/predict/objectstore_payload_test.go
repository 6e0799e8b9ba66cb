package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"google.golang.org/grpc"
)

// logged serves the models of this folder as an identity, with a payload log in
// the bucket.
func (o *objectStore) logged(identity string) *server {
	o.Helper()
	s := o.serveAs(os.Getenv(identity), "--repository=models", "--payload-log", o.repository(bucketName), "--payload-models=housing", "--payload-interval=1s")
	s.ready()
	return s
}

// Whoever may only write logs, and whoever may only read reads.
func logPayloads(o *objectStore) {
	s := o.logged("OBJECT_STORE_LOG_WRITER")
	resp, err := s.client.Predict(o.Context(), houses(0, 3), grpc.WaitForReady(true))
	if err != nil {
		o.Fatal(err)
	}
	s.stop()
	labels := "id,row,label\n"
	for i, v := range resp.GetValues() {
		labels += fmt.Sprintf("%s,%d,%v\n", resp.GetPredictionId(), i, v+10)
	}
	file := filepath.Join(o.TempDir(), "labels.csv")
	if err := os.WriteFile(file, []byte(labels), 0o600); err != nil {
		o.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"evaluate", "--log", o.repository(bucketName), "--labels", file, "--model", "housing"}, "3 of 3 labels found their prediction"},
		{[]string{"replay", "--log", o.repository(bucketName), "--name", "housing", "--model", "models/housing/3", "--fail-over=0"}, "3 compared, 0 refused"},
	} {
		if out, err := outputOf(o.predict(os.Getenv("OBJECT_STORE_LOG_READER"), c.args...)); err != nil || !strings.Contains(out, c.want) {
			o.Errorf("%s: %v: %s, want %s", c.args[0], err, out, c.want)
		}
		if out, err := outputOf(o.predict(os.Getenv("OBJECT_STORE_LOG_WRITER"), c.args...)); err == nil || !strings.Contains(out, "access denied") {
			o.Errorf("%s by who may only write: %v: %s", c.args[0], err, out)
		}
	}
}

func outputOf(cmd *exec.Cmd) (string, error) {
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// Who may not write is told, and predictions go on.
func refusePayloads(o *objectStore) {
	s := o.logged("OBJECT_STORE_LOG_READER")
	if _, err := s.client.Predict(o.Context(), houses(0, 3), grpc.WaitForReady(true)); err != nil {
		o.Fatal(err)
	}
	s.tells("the payload log cannot be written; it is tried again", "access denied: the policy of this process's identity does not allow it")
	if _, err := s.client.Predict(o.Context(), houses(0, 3)); err != nil {
		o.Errorf("while the log cannot be written: %v", err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		o.Fatal(err)
	}
	s.tells("a part of the payload log is lost")
}
