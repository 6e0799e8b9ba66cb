package flagenv

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name    string
		args    []string
		env     map[string]string
		address string
		drain   time.Duration
		err     string
	}{
		{"defaults", nil, nil, ":9000", 0, ""},
		{"a flag", []string{"--grpc-address", ":1"}, nil, ":1", 0, ""},
		{"the environment", nil, map[string]string{"TREEHOUSE_GRPC_ADDRESS": ":2", "TREEHOUSE_DRAIN": "3s"}, ":2", 3 * time.Second, ""},
		{"an alias", nil, map[string]string{"GRPC": ":3"}, ":3", 0, ""},
		{"the documented name beats its alias", nil, map[string]string{"GRPC": ":3", "TREEHOUSE_GRPC_ADDRESS": ":2"}, ":2", 0, ""},
		{"a flag beats the environment", []string{"--grpc-address=:1"}, map[string]string{"TREEHOUSE_GRPC_ADDRESS": ":2"}, ":1", 0, ""},
		{"a flag set to its default beats the environment", []string{"--grpc-address=:9000"}, map[string]string{"GRPC": ":2"}, ":9000", 0, ""},
		{"an empty variable is not set", nil, map[string]string{"TREEHOUSE_GRPC_ADDRESS": ""}, ":9000", 0, ""},
		{"a bad variable", nil, map[string]string{"TREEHOUSE_DRAIN": "soon"}, "", 0, `invalid value "soon" for TREEHOUSE_DRAIN`},
		{"a bad flag", []string{"--drain=soon"}, nil, "", 0, `invalid value "soon" for flag -drain`},
		{"an unknown flag", []string{"--colour"}, nil, "", 0, "not defined: -colour"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			s := New("serve", "predict serve [flags]", &out)
			address := s.String("grpc-address", ":9000", "the `address`")
			drain := s.Duration("drain", 0, "how long")
			s.Alias("grpc-address", "GRPC")
			err := s.Parse(tt.args, func(name string) string { return tt.env[name] })
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("Parse = %v, want an error with %q", err, tt.err)
				}
				if !strings.Contains(out.String(), tt.err) {
					t.Errorf("output lacks the error:\n%s", out.String())
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if *address != tt.address || *drain != tt.drain {
				t.Errorf("address %q, drain %v; want %q, %v", *address, *drain, tt.address, tt.drain)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var out strings.Builder
	s := New("serve", "predict serve [flags]\n\nServe models.", &out)
	s.String("grpc-address", ":9000", "listen on this `address`")
	s.Bool("strict", false, "refuse more")
	s.Alias("grpc-address", "GRPC")
	if err := s.Parse([]string{"--help"}, nil); !errors.Is(err, flag.ErrHelp) {
		t.Fatalf("Parse = %v, want flag.ErrHelp", err)
	}
	want := `predict serve [flags]

Serve models.

Flags:
  --grpc-address address
        listen on this address (default :9000) [$TREEHOUSE_GRPC_ADDRESS, $GRPC]
  --strict
        refuse more [$TREEHOUSE_STRICT]
`
	if out.String() != want {
		t.Errorf("help:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestWithoutEnvironment(t *testing.T) {
	var out strings.Builder
	s := New("score", "predict score", &out).WithoutEnvironment()
	model := s.String("model", "", "the `file`")
	if err := s.Parse(nil, func(string) string { return "surprise" }); err != nil || *model != "" {
		t.Fatalf("Parse = %v, model %q; want neither", err, *model)
	}
	s.Usage()
	if strings.Contains(out.String(), "$") {
		t.Errorf("help names variables that are not read:\n%s", out.String())
	}
}
