package openapi

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiler knows the document as openapi.json. Schemas of OpenAPI 3.1 are JSON
// Schema, so that it can use them where they are.
func compiler(t *testing.T) (*jsonschema.Compiler, map[string]any) {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Document))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", document); err != nil {
		t.Fatal(err)
	}
	return c, document.(map[string]any)
}

// The document is valid by the OpenAPI Initiative's own schema.
func TestDocumentIsValid(t *testing.T) {
	f, err := os.Open("testdata/oas-3.1-schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	schema, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c, document := compiler(t)
	if err := c.AddResource("oas.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("oas.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(document); err != nil {
		t.Errorf("%#v", err)
	}
	delete(document["info"].(map[string]any), "title")
	if compiled.Validate(document) == nil {
		t.Error("a document without a title is valid: the test proves nothing")
	}
}

// Every schema compiles, every reference leads somewhere, and every example is
// what its schema says.
func TestExamples(t *testing.T) {
	c, document := compiler(t)
	examples := 0
	var walk func(pointer string, v any)
	walk = func(pointer string, v any) {
		switch v := v.(type) {
		case []any:
			for i, item := range v {
				walk(fmt.Sprintf("%s/%d", pointer, i), item)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok && lookUp(document, ref) == nil {
				t.Errorf("%s: nothing is at %s", pointer, ref)
			}
			if v["schema"] != nil {
				schema, err := c.Compile("openapi.json#" + pointer + "/schema")
				if err != nil {
					t.Errorf("%s: %v", pointer, err)
					return
				}
				for name, example := range examplesOf(v) {
					examples++
					if err := schema.Validate(example); err != nil {
						t.Errorf("%s, example %s: %v", pointer, name, err)
					}
				}
			}
			for key, item := range v {
				walk(pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), item)
			}
		}
	}
	walk("", document)
	if examples < 30 {
		t.Errorf("only %d examples were found", examples)
	}
}

func examplesOf(media map[string]any) map[string]any {
	all := map[string]any{}
	if example, ok := media["example"]; ok && media["in"] == nil { // a parameter's is the text to fill in
		all["example"] = example
	}
	named, _ := media["examples"].(map[string]any)
	for name, example := range named {
		all[name] = example.(map[string]any)["value"]
	}
	return all
}

func lookUp(document any, ref string) any {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	for key := range strings.SplitSeq(path, "/") {
		m, _ := document.(map[string]any)
		document = m[key]
	}
	return document
}

// The page shows every operation, and needs nothing from anywhere else.
func TestPage(t *testing.T) {
	page, policy, err := Page()
	if err != nil {
		t.Fatal(err)
	}
	_, document := compiler(t)
	for path, methods := range document["paths"].(map[string]any) {
		for method, operation := range methods.(map[string]any) {
			id := operation.(map[string]any)["operationId"].(string)
			if !bytes.Contains(page, []byte(`id="`+id+`"`)) || !bytes.Contains(page, []byte(`data-path="`+path+`"`)) {
				t.Errorf("%s %s is not on the page", method, path)
			}
		}
	}
	for _, outside := range []string{"http://", "https://", "src=", "@import", "ZgotmplZ"} {
		if bytes.Contains(page, []byte(outside)) {
			t.Errorf("the page has %s", outside)
		}
	}
	if !strings.Contains(policy, "default-src 'none'") || bytes.Count(page, []byte("<script>")) != 1 {
		t.Errorf("policy %s", policy)
	}
	// The browser hashes what is between the tags.
	for _, tag := range []string{"script", "style"} {
		_, rest, _ := strings.Cut(string(page), "<"+tag+">")
		content, _, _ := strings.Cut(rest, "</"+tag+">")
		if !strings.Contains(policy, hash(content)) {
			t.Errorf("the policy forbids the page's own %s", tag)
		}
	}
	if !bytes.Contains(page, []byte("-122.23")) {
		t.Error("the house is not on the page")
	}
}
