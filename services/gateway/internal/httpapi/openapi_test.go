package httpapi

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/openapi"
)

// spec is the OpenAPI document, to hold answers to.
type spec struct {
	compiler *jsonschema.Compiler
	document map[string]any
}

func newSpec(t *testing.T) *spec {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(openapi.Document))
	if err != nil {
		t.Fatal(err)
	}
	s := &spec{jsonschema.NewCompiler(), document.(map[string]any)}
	if err := s.compiler.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *spec) operation(path, method string) map[string]any {
	paths := s.document["paths"].(map[string]any)
	item, _ := paths[path].(map[string]any)
	operation, _ := item[strings.ToLower(method)].(map[string]any)
	return operation
}

// check holds an answer to what the document says of its route and status.
func (s *spec) check(t *testing.T, path, method string, a answer) {
	t.Helper()
	responses, _ := s.operation(path, method)["responses"].(map[string]any)
	status := strconv.Itoa(a.status)
	pointer := "/paths/" + escape(path) + "/" + strings.ToLower(method) + "/responses/" + status
	response, ok := responses[status].(map[string]any)
	if !ok {
		t.Errorf("%s %s answers %s, which the document does not tell of: %.200s", method, path, status, a.body)
		return
	}
	if ref, ok := response["$ref"].(string); ok {
		pointer = strings.TrimPrefix(ref, "#")
		name := pointer[strings.LastIndex(pointer, "/")+1:]
		response = s.document["components"].(map[string]any)["responses"].(map[string]any)[name].(map[string]any)
	}
	if headers, _ := response["headers"].(map[string]any); headers["Retry-After"] != nil && a.header.Get("Retry-After") == "" {
		t.Errorf("%s %s: %s without Retry-After", method, path, status)
	}
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	content, _ := response["content"].(map[string]any)
	if content[media] == nil {
		t.Errorf("%s %s: %s of type %q, which the document does not tell of", method, path, status, media)
		return
	}
	if media != "application/json" {
		return
	}
	schema, err := s.compiler.Compile("openapi.json#" + pointer + "/content/" + escape(media) + "/schema")
	if err != nil {
		t.Fatal(err)
	}
	body, err := jsonschema.UnmarshalJSON(strings.NewReader(a.body))
	if err != nil {
		t.Errorf("%s %s: the body is not JSON: %v", method, path, err)
		return
	}
	if err := schema.Validate(body); err != nil {
		t.Errorf("%s %s: %s %.200s: %v", method, path, status, a.body, err)
	}
}

func escape(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }

// The document has every route, and no other.
func TestDocumentHasEveryRoute(t *testing.T) {
	s, g := newSpec(t), startGateway(t, startFake(t).address)
	known := map[string]bool{}
	for _, r := range g.api.routes() {
		known[r.method+" "+r.path] = true
		operation := s.operation(r.path, r.method)
		if operation == nil {
			t.Errorf("%s %s is not in the document", r.method, r.path)
			continue
		}
		parameters, _ := operation["parameters"].([]any)
		if want := strings.Count(r.path, "{"); strings.Count(join(parameters), "path:") != want {
			t.Errorf("%s %s: parameters %s, want %d of the path", r.method, r.path, join(parameters), want)
		}
	}
	for path, item := range s.document["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if !known[strings.ToUpper(method)+" "+path] {
				t.Errorf("the document has %s %s, which is no route", method, path)
			}
		}
	}
}

// join tells the parameters that the path has: Model, Name and Version are.
func join(parameters []any) string {
	var all strings.Builder
	for _, p := range parameters {
		ref, _ := p.(map[string]any)["$ref"].(string)
		name := ref[strings.LastIndex(ref, "/")+1:]
		if name == "Model" || name == "Name" || name == "Version" {
			all.WriteString("path:")
		}
		all.WriteString(name + " ")
	}
	return all.String()
}

// What the routes really answer is what the document says: successes, and the
// errors of a predict that is gone.
func TestAnswersFitTheDocument(t *testing.T) {
	s, f := newSpec(t), startFake(t)
	g := startGateway(t, f.address)
	covered := map[string]bool{}
	template := func(method, path string) string {
		path, _, _ = strings.Cut(path, "?")
		for _, r := range g.api.routes() {
			if r.method == method && (r.path == path || fillPath(r.path) == strings.NewReplacer("species", "housing", "versions/2", "versions/3").Replace(path)) {
				return r.path
			}
		}
		t.Fatalf("no route for %s", path)
		return ""
	}
	for _, c := range success {
		path := template(c.method, c.path)
		covered[c.method+" "+path] = true
		s.check(t, path, c.method, g.do(t, c.method, c.path, c.body))
	}
	for _, r := range g.api.routes() {
		if !covered[r.method+" "+r.path] && !strings.HasSuffix(r.path, ":explain") {
			t.Errorf("no success of %s %s is tested", r.method, r.path)
		}
		// Malformed bodies.
		if r.method == "POST" {
			s.check(t, r.path, r.method, g.do(t, r.method, fillPath(r.path), "{"))
			if !strings.HasSuffix(r.path, ":explain") {
				s.check(t, r.path, r.method, g.do(t, r.method, fillPath(r.path), strings.Repeat(" ", 2<<20)))
				s.check(t, r.path, r.method, g.do(t, r.method, fillPath(r.path), "{}", "Content-Type", "text/plain"))
			}
		}
		// Unknown models.
		if strings.Contains(r.path, "{model}") && r.method == "GET" {
			s.check(t, r.path, r.method, g.do(t, r.method, strings.ReplaceAll(fillPath(r.path), "housing", "nothing"), ""))
		}
	}
	f.server.Stop()
	bodies := map[string]string{"/predict": house}
	for _, c := range success {
		if c.method == "POST" {
			bodies[template(c.method, c.path)] = c.body
		}
	}
	for _, r := range g.api.routes() {
		s.check(t, r.path, r.method, g.do(t, r.method, fillPath(r.path), bodies[r.path]))
	}
}
