package main

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/predict/app"
)

func TestCheckCommand(t *testing.T) {
	address := startServer(t, func(*app.Options) {})
	tests := []struct {
		args   string
		code   int
		stdout string // these are parts
		stderr string
	}{
		{"check " + address, 0, "housing version 3 answers [", ""},
		{"check --timeout 9s " + address, 0, "housing version 3 answers [", ""},
		{"check --help", 0, "predict check ADDRESS [flags]", ""},
		{"check", 2, "", "predict check: no address is named\npredict check --help tells more."},
		{"check a b", 2, "", `unexpected argument "b"`},
		{"check a --cert file", 2, "", "cert and key go together"},
		{"check a --cert file --key file", 2, "", "cert needs ca"},
		{"check a --ca nowhere", 1, "", "open nowhere: no such file"},
		{"check a --ca " + os.DevNull, 1, "", "expected certificates in PEM format"},
		{"check 127.0.0.1:1 --timeout 10ms", 1, "", "predict check: health: "},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, stdout, stderr := command("", strings.Fields(tt.args)...)
			if code != tt.code || !strings.Contains(stdout, tt.stdout) || !strings.Contains(stderr, tt.stderr) || (tt.stderr == "" && stderr != "") {
				t.Errorf("exit %d\nstdout: %s\nstderr: %s\nwant exit %d, %q, %q", code, stdout, stderr, tt.code, tt.stdout, tt.stderr)
			}
		})
	}
}

// startServer serves the housing models until the test ends. A check that
// comes before they are loaded asks again.
func startServer(t *testing.T, change func(*app.Options)) (address string) {
	t.Helper()
	o := app.DefaultOptions()
	o.GRPCAddress, o.AdminAddress, o.LogOutput = "127.0.0.1:0", "127.0.0.1:0", io.Discard
	listening := make(chan string, 1)
	o.Listening = func(grpc, _ net.Addr) { listening <- grpc.String() }
	o.Repository = "models"
	change(&o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx, o) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case address = <-listening:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	return address
}
