package policy

import (
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

const example = `# who may do what
rules:
  - principals: ["key:checkout", "mtls:spiffe://shop.example/*"]
    models: [housing, "churn-*"]
    actions: [predict]
  - groups: [data-science, "team-*"]
    models: ["*"]
    actions: [predict, metadata, logs]
  - principals: ["*"]
    models: [open]
    actions: [metadata]
  - principals: ["jwt:root"]
    models: ["*"]
    actions: [load, admin]
`

func parse(t testing.TB, data string) *Policy {
	t.Helper()
	p, err := Parse([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestDecide(t *testing.T) {
	p := parse(t, example)
	key := func(name string, groups ...string) *principal.Principal {
		return &principal.Principal{Name: name, Groups: groups, Method: "key"}
	}
	for _, c := range []struct {
		caller *principal.Principal
		action Action
		model  string
		line   int // of the rule; 0 is denied
	}{
		{key("checkout"), Predict, "housing", 3},
		{key("checkout"), Predict, "churn-eu", 3},
		{key("checkout"), Predict, "churn", 0},
		{key("checkout"), Predict, "housing2", 0},
		{key("checkout"), Predict, "Housing", 0},
		{key("checkout"), Metadata, "housing", 0},
		{key("checkout"), Metadata, "open", 9},
		{key("check"), Predict, "housing", 0},
		{key("checkout2"), Predict, "housing", 0},
		{key("someone", "team-7"), Logs, "anything", 6},
		{key("someone", "a", "data-science"), Predict, "", 6},
		{key("someone", "science"), Predict, "x", 0},
		// A name means nothing without how it was recognised.
		{&principal.Principal{Name: "checkout", Method: "jwt"}, Predict, "housing", 0},
		{&principal.Principal{Name: "key:checkout", Method: "jwt"}, Predict, "housing", 0},
		{&principal.Principal{Name: "spiffe://shop.example/ns/a/sa/b", Method: "mtls"}, Predict, "housing", 3},
		{&principal.Principal{Name: "spiffe://shop.example.evil/a", Method: "mtls"}, Predict, "housing", 0},
		{&principal.Principal{Name: "root", Method: "jwt"}, Load, "x", 12},
		{&principal.Principal{Name: "root", Method: "key"}, Load, "x", 0},
		// Nobody in particular, and nothing in particular.
		{principal.Anonymous, Metadata, "open", 0},
		{&principal.Principal{Groups: []string{"data-science"}, Method: "none"}, Predict, "x", 0},
		{key("someone", "team-7"), None, "x", 0},
		{key("someone", "team-7"), Actions, "x", 0},
		{key("someone", "team-7"), Predict, strings.Repeat("x", 257), 0},
		{key(strings.Repeat("x", 257), "team-7"), Predict, "x", 0},
	} {
		d := p.Decide(c.caller, c.action, c.model)
		if d.Allowed != (c.line > 0) || d.Line != c.line {
			t.Errorf("%+v %s %q: %+v, want the rule at line %d", *c.caller, c.action, c.model, d, c.line)
		}
	}
	for _, c := range []struct {
		name string
		a    Action
		want bool
	}{{"checkout", Predict, true}, {"other", Metadata, true}, {"other", Predict, false}, {"other", Admin, false}} {
		if got := p.DecideSome(key(c.name), c.a).Allowed; got != c.want {
			t.Errorf("some %s of %s: %v", c.a, c.name, got)
		}
	}
}

func TestBadPolicies(t *testing.T) {
	rule := "rules:\n  - principals: ['key:a']\n    models: [m]\n    actions: [predict]\n"
	for _, c := range []struct{ data, want string }{
		{"", "the file is empty"},
		{"{}", "it has no rules; expected a list"},
		{"rules: 3", "line 1: cannot unmarshal"},
		{"rule: []", "line 1: field rule not found"},
		{rule + "    model: [x]\n", "line 5: field model not found"},
		{rule + "---\nrules: []\n", "found a second document"},
		{strings.Replace(rule, "predict", "predictt", 1), `actions: line 4: "predictt" is no action; expected predict, metadata, logs, load, admin`},
		{strings.Replace(rule, "predict", "none", 1), `"none" is no action`},
		{strings.Replace(rule, "key:a", "a", 1), `principals: line 2: a principal is "a"; expected key:NAME`},
		{strings.Replace(rule, "key:a", "keys:a", 1), `a principal is "keys:a"`},
		{strings.Replace(rule, "key:a", "key:", 1), `principals: line 2: a name is ""`},
		{strings.Replace(rule, "[m]", "['']", 1), `models: line 3: a name is ""`},
		{strings.Replace(rule, "[m]", "['a b']", 1), `models: line 3: a name is "a b"`},
		{strings.Replace(rule, "[m]", "[{a: b}]", 1), "line 3: found a list or a mapping; expected text"},
		{strings.Replace(rule, "[m]", "[]", 1), "rule 1, near line 2, has no models"},
		{strings.Replace(rule, "    models: [m]\n", "", 1), "rule 1, near line 2, has no models"},
		{strings.Replace(rule, "principals: ['key:a']", "groups: []", 1), "rule 1, near line 3, has no principals"},
		{strings.Replace(rule, "[predict]", "[]", 1), "has no actions"},
		{"rules:\n" + strings.Repeat("  - {}\n", 1001), "1001 rules; at most 1000"},
		{"rules: [", "line 1: did not find expected node content"},
	} {
		if _, err := Parse([]byte(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.90q: %v; want %s", c.data, err, c.want)
		}
	}
	if p := parse(t, "rules: []"); p.DecideSome(&principal.Principal{Name: "a", Method: "key"}, Predict).Allowed {
		t.Error("no rules allow something")
	}
}

func BenchmarkDecide(b *testing.B) {
	p := parse(b, example)
	caller := &principal.Principal{Name: "a", Groups: []string{"team-a"}, Method: "key"}
	b.ReportAllocs()
	for b.Loop() {
		if !p.Decide(caller, Predict, "housing").Allowed {
			b.Fatal("denied")
		}
	}
}

// FuzzPolicy holds this: whatever file comes, it is refused or answers, and
// never lets in who is nobody, nor anybody to what is no action.
func FuzzPolicy(f *testing.F) {
	f.Add([]byte(example), "checkout", "housing")
	f.Add([]byte("rules: [{groups: ['*'], models: ['*'], actions: [predict]}]"), "", "")
	f.Fuzz(func(t *testing.T, data []byte, name, model string) {
		p, err := Parse(data)
		if err != nil {
			return
		}
		for a := None; a <= Actions; a++ {
			caller := &principal.Principal{Name: name, Groups: []string{name}, Method: "key"}
			d, some := p.Decide(caller, a, model), p.DecideSome(caller, a)
			if d.Allowed && (name == "" || a == None || a == Actions || !some.Allowed || d.Line < 1) {
				t.Errorf("%q may %v %q: %+v, some %+v", name, a, model, d, some)
			}
		}
	})
}
