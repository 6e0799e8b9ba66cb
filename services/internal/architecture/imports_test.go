package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "github.com/treehouse-ml/treehouse/"

// A rule says what the packages of a pattern may import besides the standard
// library. A pattern ends in /... to cover the packages below it. The rule
// with the longest matching pattern holds.
type rule struct {
	pattern string
	own     []string // of this project: paths below root, or patterns
	third   []string // third parties: import paths, or patterns
}

var rules = []rule{
	// The contracts.
	{"proto/gen/...", nil, []string{"google.golang.org/grpc/...", "google.golang.org/protobuf/...", "github.com/grpc-ecosystem/grpc-gateway/v2/..."}},

	// The library: readers → model → engine. The model knows nobody, a reader
	// knows the model, the engine knows the model, scoring wires them.
	{"services/scoring", []string{"services/scoring/internal/..."}, nil},
	{"services/scoring/internal/model", nil, []string{"golang.org/x/text/unicode/norm"}},
	{"services/scoring/internal/engine", []string{"services/scoring/internal/model", "services/scoring/internal/engine/bitslice", "services/scoring/internal/engine/gather", "services/scoring/internal/engine/instructions", "services/scoring/internal/engine/leafset", "services/scoring/internal/engine/perfect"}, nil},
	{"services/scoring/internal/engine/bitslice", []string{"services/scoring/internal/engine/instructions"}, nil},
	{"services/scoring/internal/engine/gather", []string{"services/scoring/internal/engine/instructions"}, nil},
	{"services/scoring/internal/engine/instructions", nil, []string{"golang.org/x/sys/cpu"}},
	{"services/scoring/internal/engine/perfect", []string{"services/scoring/internal/engine/instructions"}, nil},
	{"services/scoring/internal/engine/leafset", []string{"services/scoring/internal/engine/instructions"}, nil},
	{"services/scoring/internal/reference", []string{"services/scoring/internal/model"}, nil},
	{"services/scoring/internal/pickle", nil, []string{"github.com/ulikunitz/xz/...", "github.com/pierrec/lz4/v4/..."}},
	{"services/scoring/internal/skops", []string{"services/scoring/internal/model", "services/scoring/internal/pickle"}, nil},
	{"services/scoring/internal/sklearn", []string{"services/scoring/internal/model", "services/scoring/internal/pickle"}, nil},
	{"services/scoring/internal/xgboost", []string{"services/scoring/internal/model"}, nil},
	{"services/scoring/internal/lightgbm", []string{"services/scoring/internal/model"}, nil},
	{"services/scoring/internal/catboost", []string{"services/scoring/internal/model"}, nil},
	{"services/scoring/internal/onnx", []string{"services/scoring/internal/model"}, nil},

	// What every service shares: nothing of a service, nothing of the contracts.
	{"services/internal/architecture", nil, nil},
	{"services/internal/buildinfo", nil, nil},
	{"services/internal/flagenv", nil, nil},
	{"services/internal/h2test", nil, []string{"golang.org/x/net/http2/..."}},
	{"services/internal/memory", nil, nil},
	{"services/internal/otlptest", nil, []string{"go.opentelemetry.io/proto/otlp/...", "google.golang.org/grpc"}},
	{"services/internal/serve", []string{"services/internal/buildinfo", "services/internal/tlsfile"}, []string{"github.com/prometheus/client_golang/...", "github.com/prometheus/exporter-toolkit/web", "go.yaml.in/yaml/v3"}},
	{"services/internal/tlsfile", nil, []string{"github.com/prometheus/client_golang/..."}},
	{"services/internal/principal", nil, nil},
	{"services/internal/yamlfile", nil, []string{"go.yaml.in/yaml/v3"}},
	{"services/internal/pattern", []string{"services/internal/principal", "services/internal/yamlfile"}, nil},
	{"services/internal/reload", []string{"services/internal/yamlfile"}, nil},
	{"services/internal/quota", []string{"services/internal/pattern", "services/internal/principal", "services/internal/reload", "services/internal/yamlfile"}, []string{"github.com/hashicorp/golang-lru/v2", "github.com/redis/go-redis/v9", "github.com/prometheus/client_golang/...", "go.yaml.in/yaml/v3", "golang.org/x/time/rate"}},
	{"services/internal/auth", []string{"services/internal/principal", "services/internal/yamlfile"}, []string{"github.com/coreos/go-oidc/v3/oidc", "github.com/go-jose/go-jose/v4"}},
	{"services/internal/policy", []string{"services/internal/pattern", "services/internal/principal", "services/internal/yamlfile"}, nil},
	{"services/internal/access", []string{"services/internal/auth", "services/internal/policy", "services/internal/principal", "services/internal/reload", "services/internal/telemetry"}, []string{"google.golang.org/grpc/...", "google.golang.org/genproto/googleapis/rpc/errdetails", "github.com/prometheus/client_golang/..."}},
	{"services/internal/accesstest", []string{"services/internal/access", "services/internal/auth", "services/internal/tlstest"}, nil},
	{"services/internal/logtest", nil, nil},
	{"services/internal/tlstest", nil, nil},
	{"services/internal/telemetry", []string{"services/internal/buildinfo"}, []string{"go.opentelemetry.io/otel/...", "google.golang.org/grpc/...", "github.com/prometheus/client_golang/..."}},

	// predict: models in, numbers out. model is what catalog and server both
	// speak of; the server states the catalog it needs.
	{"services/predict", []string{"services/predict/app", "services/predict/internal/bucket", "services/predict/internal/check", "services/predict/internal/evaluate", "services/predict/internal/inspect", "services/predict/internal/payload", "services/predict/internal/payloadfile", "services/predict/internal/replay", "services/predict/internal/score", "services/predict/internal/store", "services/predict/internal/transfer", "services/internal/...", "services/scoring"}, []string{"google.golang.org/grpc/..."}},
	{"services/predict/app", []string{"services/predict/internal/...", "services/internal/..."}, []string{"google.golang.org/grpc/...", "github.com/prometheus/client_golang/..."}},
	{"services/predict/internal/admission", nil, []string{"github.com/prometheus/client_golang/..."}},
	{"services/predict/internal/bucket", []string{"services/predict/internal/store"}, []string{"gocloud.dev/blob/...", "gocloud.dev/gcerrors", "github.com/aws/aws-sdk-go-v2/...", "github.com/aws/smithy-go"}},
	{"services/predict/internal/cache", []string{"services/scoring", "services/predict/internal/model"}, []string{"github.com/prometheus/client_golang/..."}},
	{"services/predict/internal/catalog", []string{"services/scoring", "services/predict/internal/model", "services/predict/internal/store"}, []string{"github.com/fsnotify/fsnotify", "github.com/prometheus/client_golang/..."}},
	{"services/predict/internal/check", []string{"proto/gen/treehouse/predict/v1"}, []string{"google.golang.org/grpc/..."}},
	{"services/predict/internal/deflate", nil, []string{"google.golang.org/grpc/encoding"}},
	{"services/predict/internal/drift", []string{"services/scoring", "services/predict/internal/model", "services/predict/internal/store"}, []string{"github.com/prometheus/client_golang/..."}},
	{"services/predict/internal/inspect", []string{"services/scoring", "services/predict/internal/model", "services/predict/internal/store"}, nil},
	{"services/predict/internal/model", []string{"services/scoring", "services/predict/internal/store"}, nil},
	{"services/predict/internal/payload", []string{"services/scoring", "services/predict/internal/model", "services/predict/internal/payloadfile"}, []string{"github.com/prometheus/client_golang/..."}},
	{"services/predict/internal/payloadfile", []string{"services/scoring"}, []string{"github.com/parquet-go/parquet-go/..."}},
	{"services/predict/internal/evaluate", []string{"services/predict/internal/payload", "services/predict/internal/payloadfile"}, nil},
	{"services/predict/internal/replay", []string{"services/scoring", "services/predict/internal/model", "services/predict/internal/payload", "services/predict/internal/payloadfile"}, nil},
	{"services/predict/internal/score", []string{"services/scoring", "services/predict/internal/model"}, nil},
	{"services/predict/internal/server", []string{"proto/gen/...", "services/internal/access", "services/internal/policy", "services/internal/principal", "services/internal/quota", "services/scoring", "services/predict/internal/model"}, []string{"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/trace", "google.golang.org/grpc/...", "google.golang.org/protobuf/...", "google.golang.org/genproto/googleapis/rpc/errdetails", "github.com/prometheus/client_golang/..."}},
	{"services/predict/internal/store", nil, []string{"go.yaml.in/yaml/v3"}},
	{"services/predict/internal/transfer", []string{"services/predict/internal/store"}, nil},

	// standalone: both in one process, by their app packages alone.
	{"services/standalone", []string{"services/standalone/app", "services/predict/app", "services/internal/..."}, nil},
	{"services/standalone/app", []string{"services/gateway/app", "services/predict/app", "services/internal/...", "proto/gen/treehouse/predict/v1"}, []string{"google.golang.org/grpc/...", "github.com/prometheus/client_golang/prometheus"}},

	// gateway: HTTP in, gRPC out.
	{"services/gateway", []string{"services/gateway/app", "services/gateway/internal/check", "services/gateway/internal/endpointslice", "services/internal/..."}, nil},
	{"services/gateway/app", []string{"services/gateway/internal/...", "services/internal/..."}, []string{"google.golang.org/grpc", "github.com/prometheus/client_golang/prometheus"}},
	{"services/gateway/internal/address", nil, nil},
	{"services/gateway/internal/check", nil, nil},
	{"services/gateway/internal/discovery", nil, []string{"google.golang.org/grpc/resolver/...", "github.com/prometheus/client_golang/..."}},
	{"services/gateway/internal/endpointslice", []string{"services/gateway/internal/discovery"}, []string{"google.golang.org/grpc/resolver/...", "k8s.io/api/...", "k8s.io/apimachinery/...", "k8s.io/client-go/rest", "k8s.io/client-go/tools/cache", "k8s.io/klog/v2", "github.com/go-logr/logr"}},
	{"services/gateway/internal/httpapi", []string{"proto/gen/...", "services/gateway/internal/address", "services/gateway/internal/jsonlex", "services/gateway/internal/oip", "services/gateway/internal/openapi", "services/gateway/internal/records", "services/internal/access", "services/internal/policy", "services/internal/principal", "services/internal/quota", "services/internal/telemetry"}, []string{"go.opentelemetry.io/otel/attribute", "google.golang.org/grpc/...", "google.golang.org/protobuf/encoding/protojson", "google.golang.org/genproto/googleapis/rpc/errdetails", "github.com/grpc-ecosystem/grpc-gateway/v2/runtime", "github.com/prometheus/client_golang/...", "github.com/rs/cors"}},
	{"services/gateway/internal/jsonlex", nil, nil},
	{"services/gateway/internal/oip", []string{"proto/gen/inference", "services/gateway/internal/jsonlex"}, nil},
	{"services/gateway/internal/openapi", nil, nil},
	{"services/gateway/internal/records", []string{"proto/gen/treehouse/predict/v1", "services/gateway/internal/jsonlex"}, nil},
	{"services/gateway/internal/upstream", []string{"proto/gen/inference", "services/gateway/internal/discovery", "services/internal/tlsfile"}, []string{"google.golang.org/grpc/...", "google.golang.org/protobuf/proto", "github.com/prometheus/client_golang/..."}},

	// e2e, the tests on a cluster: a module of its own because client-go and the
	// load generator must not reach the services.
	{"e2e", nil, nil},
	{"e2e/internal/cluster", []string{"e2e/internal/summary"}, []string{"k8s.io/api/...", "k8s.io/apimachinery/...", "k8s.io/client-go/..."}},
	{"e2e/argocd", nil, nil},
	{"e2e/chaos", []string{"e2e/internal/summary"}, []string{"golang.org/x/sys/unix"}},
	{"e2e/charts", nil, nil},
	{"e2e/gitops", nil, nil},
	{"e2e/monitoring", nil, nil},
	{"e2e/monitoring/dashboards", nil, nil},
	{"e2e/observe", []string{"e2e/internal/cluster", "e2e/internal/grafana"}, []string{"k8s.io/apimachinery/..."}},
	{"e2e/workflows", nil, nil},
	{"e2e/internal/grafana", nil, nil},
	{"e2e/internal/rules", nil, []string{"k8s.io/apimachinery/pkg/util/yaml"}},
	{"e2e/internal/scaling", nil, nil},
	{"e2e/internal/summary", nil, nil},
	{"e2e/load", []string{"proto/gen/treehouse/predict/v1", "e2e/internal/summary"}, []string{"google.golang.org/grpc/...", "google.golang.org/genproto/googleapis/rpc/errdetails"}},
}

type listed struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func TestImports(t *testing.T) {
	top := repository(t)
	seen := map[string]bool{}
	for _, p := range list(t, top) {
		path := strings.TrimPrefix(p.ImportPath, root)
		r, ok := ruleFor(path)
		if !ok {
			t.Errorf("%s: no import rule covers this package; add one here and in ARCHITECTURE.md", path)
			continue
		}
		seen[r.pattern] = true
		for _, imported := range p.Imports {
			switch {
			case !strings.Contains(strings.Split(imported, "/")[0], "."):
				// The standard library.
			case strings.HasPrefix(imported, root):
				own := strings.TrimPrefix(imported, root)
				if !matchesAny(r.own, own) {
					t.Errorf("%s imports %s; allowed of this project: %v", path, own, r.own)
				}
			case !matchesAny(r.third, imported):
				t.Errorf("%s imports %s; allowed third parties: %v", path, imported, r.third)
			}
		}
	}
	for _, r := range rules {
		if !seen[r.pattern] {
			t.Errorf("the rule for %s covers no package: delete it", r.pattern)
		}
	}
}

// Kubernetes' client is large. Only the gateway's main program links it, not
// what else serves a gateway, and of it not the types of every API.
func TestKubernetesClientStaysOut(t *testing.T) {
	top := repository(t)
	for path, allowed := range map[string][]string{
		"services/gateway/app": nil,
		"services/predict":     nil,
		"services/standalone":  nil,
		"services/gateway":     {"k8s.io/api/core/...", "k8s.io/api/discovery/...", "k8s.io/apimachinery/...", "k8s.io/client-go/...", "k8s.io/klog/...", "k8s.io/kube-openapi/...", "k8s.io/utils/..."},
	} {
		if _, err := os.Stat(filepath.Join(top, path)); err != nil {
			continue // not a package of this project
		}
		cmd := exec.Command("go", "list", "-deps", "./"+path)
		cmd.Dir = top
		cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(top, "go.work"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list -deps ./%s: %v", path, err)
		}
		for imported := range strings.FieldsSeq(string(out)) {
			if strings.HasPrefix(imported, "k8s.io/") && !matchesAny(allowed, imported) ||
				matches("k8s.io/client-go/kubernetes/...", imported) {
				t.Errorf("%s links %s", path, imported)
			}
		}
	}
}

// The rules must be able to fail: a pattern that matched everything would
// pass for ever.
func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"a/b", "a/b", true},
		{"a/b", "a/b/c", false},
		{"a/b/...", "a/b", true},
		{"a/b/...", "a/b/c/d", true},
		{"a/b/...", "a/bc", false},
	} {
		if got := matches(c.pattern, c.path); got != c.want {
			t.Errorf("matches(%q, %q) = %v, want %v", c.pattern, c.path, got, c.want)
		}
	}
}

func ruleFor(path string) (best rule, ok bool) {
	for _, r := range rules {
		if matches(r.pattern, path) && len(r.pattern) > len(best.pattern) {
			best, ok = r, true
		}
	}
	return best, ok
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

func matches(pattern, path string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == prefix || strings.HasPrefix(path, prefix+"/")
	}
	return pattern == path
}

// list asks the go command for the packages of every module.
func list(t *testing.T, top string) []listed {
	t.Helper()
	args := []string{"list", "-json=ImportPath,Imports,Standard"}
	for _, module := range modules(t, top) {
		args = append(args, "./"+module+"/...")
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(top, "go.work")) // rules span modules
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []listed
	for d := json.NewDecoder(&out); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	return packages
}

// modules are the folders that hold a go.mod.
func modules(t *testing.T, top string) []string {
	t.Helper()
	var found []string
	for _, glob := range []string{"e2e/go.mod", "proto/go.mod", "services/*/go.mod"} {
		paths, err := filepath.Glob(filepath.Join(top, glob))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			rel, err := filepath.Rel(top, filepath.Dir(path))
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, filepath.ToSlash(rel))
		}
	}
	if len(found) == 0 {
		t.Fatal("found no modules")
	}
	return found
}

func repository(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.work")); err == nil {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			t.Fatal("no go.work above this package")
		}
		folder = parent
	}
}
