package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/auth"
)

// What the command prints is a key, and the line by which a service knows it.
func TestKeyNew(t *testing.T) {
	code, out, stderr := command("", "key", "new", "--principal", "checkout", "--group", "shop", "--group", "eu", "--expires", "48h")
	found := regexp.MustCompile(`(?m)^(th_\S+)$(?s:.*)^(- \{.*\})$`).FindStringSubmatch(out)
	if code != 0 || stderr != "" || found == nil {
		t.Fatalf("exit %d\n%s%s", code, out, stderr)
	}
	keys, err := auth.ParseKeys([]byte(found[2]))
	if err != nil {
		t.Fatal(err)
	}
	p, err := keys.Verify(found[1], time.Now)
	if err != nil || p.Name != "checkout" || strings.Join(p.Groups, " ") != "shop eu" {
		t.Errorf("%+v, %v", p, err)
	}
	later := func() time.Time { return time.Now().Add(49 * time.Hour) }
	if _, err := keys.Verify(found[1], later); err == nil {
		t.Error("it does not expire")
	}
	if strings.Contains(found[2], found[1]) {
		t.Error("the line holds the key")
	}
}

func TestPolicyTest(t *testing.T) {
	good := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(good, []byte(`rules:
  - {principals: ["key:checkout"], models: [housing], actions: [predict]}
  - {groups: [science], models: ["*"], actions: [predict, metadata]}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("rules:\n  - {models: [a], actions: [fly], groups: [b]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   string
		code   int
		stdout string
		stderr string // a part
	}{
		{"--policy " + good + " --principal key:checkout", 0,
			"MODEL    predict      metadata  logs  load  admin\nhousing  yes, line 2  no        no    no    no\n*        no           no        no    no    no\n", ""},
		{"--policy " + good + " --principal jwt:checkout --group science --model churn --action predict --action metadata", 0,
			"MODEL  predict      metadata\nchurn  yes, line 3  yes, line 3\n", ""},
		{"--policy " + good + " --principal jwt:checkout --model housing --action predict", 4, "MODEL    predict\nhousing  no\n", ""},
		{"--policy " + bad + " --principal key:a", 1, "", `bad.yaml: actions: line 2: "fly" is no action`},
		{"--policy nowhere --principal key:a", 1, "", "nowhere: no such file"},
		{"--policy " + good + " --principal checkout", 2, "", "expected key:NAME, jwt:SUBJECT or mtls:NAME"},
		{"--policy " + good + " --principal key:a --action fly", 2, "", `"fly" is no action`},
		{"--principal key:a", 2, "", "no policy is named"},
	} {
		code, out, stderr := command("", append([]string{"policy", "test"}, strings.Fields(c.args)...)...)
		if code != c.code || out != c.stdout || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%s: exit %d\n%s%s\nwant exit %d\n%s%s", c.args, code, out, stderr, c.code, c.stdout, c.stderr)
		}
	}
}

func TestMisusedAccessCommands(t *testing.T) {
	for args, want := range map[string]string{
		"key":                                  "expected predict key new",
		"key old":                              "expected predict key new",
		"key new":                              "no principal is named",
		"key new --principal a b":              `unexpected argument "b"`,
		"key new --principal a --expires soon": `expires is "soon"`,
		"key new --principal a --expires 2020-01-01": "not past",
		"key new --principal a\\b":                   "is no name",
		"policy":                                     "expected predict policy test",
	} {
		if code, out, stderr := command("", strings.Fields(args)...); code != 2 || out != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %s%s; want %s", args, code, out, stderr, want)
		}
	}
}
