package app

import (
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

var command = regexp.MustCompile(`(?m)^  curl (http://\S+) -H 'Content-Type: application/json' -d '(.*)'$`)

// The greeting's commands are made from the models' signatures, and work.
func TestGreetingWorks(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"one model", func(o *Options) {
			o.Predict.Model, o.Predict.Repository = housing+"/3", ""
		}, "3, version 1: regression by scikit-learn 1.9.1, gives the library's own numbers for 177 rows"},
		{"a classifier without names", func(o *Options) {
			o.Predict.Model, o.Predict.Repository = "../../scoring/testdata/scikit-learn-1.9.1/forest-classifier-string", ""
		}, "forest-classifier-string, version 1: classification by scikit-learn 1.9.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var told output
			r := start(t, func(o *Options) { c.change(o); o.Greeting = &told })
			r.ready(t)
			eventually(t, "the greeting is told", func() bool { return strings.Contains(told.String(), "More: ") })
			if !strings.Contains(told.String(), c.want) {
				t.Errorf("it says:\n%s\nwant %q", &told, c.want)
			}
			commands := command.FindAllStringSubmatch(told.String(), -1)
			if len(commands) == 0 {
				t.Fatalf("no command in:\n%s", &told)
			}
			for _, m := range commands {
				body := strings.ReplaceAll(m[2], `'\''`, `'`)
				if code, answer, err := fetch(m[1], body); code != http.StatusOK || err != nil {
					t.Errorf("%s: %d %s, %v", m[0], code, answer, err)
				}
			}
			if err := r.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestIntroduceModel(t *testing.T) {
	m := &predictv1.GetModelResponse{
		Name: "it", Version: &predictv1.ModelVersion{Version: 7},
		Signature: &predictv1.Signature{Features: []*predictv1.Feature{
			{Name: "owner's \"age\"", Type: predictv1.FeatureType_FEATURE_TYPE_NUMBER},
			{Name: "city", Type: predictv1.FeatureType_FEATURE_TYPE_STRING, Categories: []string{"<Óbidos>", "Faro"}},
			{Name: "note", Type: predictv1.FeatureType_FEATURE_TYPE_STRING},
		}},
		Origin: &predictv1.Origin{Library: "xgboost", LibraryVersion: "3.4.1"},
	}
	var b strings.Builder
	introduceModel(&b, m, false, "http://localhost:8080")
	want := "\nit, version 7: regression by xgboost 3.4.1\n" +
		`  curl http://localhost:8080/v1/models/it:predict -H 'Content-Type: application/json'` +
		` -d '{"instances": [{"owner'\''s \"age\"": 1, "city": "<Óbidos>", "note": ""}]}'` + "\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestLocal(t *testing.T) {
	for address, want := range map[string]string{
		"0.0.0.0:8080": "localhost:8080", "[::]:8080": "localhost:8080", "10.0.0.7:80": "10.0.0.7:80", "[2001:db8::1]:80": "[2001:db8::1]:80",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := local(tcp); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
