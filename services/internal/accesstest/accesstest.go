// Package accesstest makes API keys and policies for tests.
package accesstest

import (
	"testing"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/access"
	"github.com/treehouse-ml/treehouse/services/internal/auth"
	"github.com/treehouse-ml/treehouse/services/internal/tlstest"
)

// OneRight is the policy of the matrices of methods and routes: each of the
// Callers has the one right that it is named after, on housing alone.
const OneRight = `rules:
  - {principals: ["key:predict"], models: [housing], actions: [predict]}
  - {principals: ["key:metadata"], models: [housing], actions: [metadata]}
  - {principals: ["key:logs"], models: [housing], actions: [logs]}
  - {principals: ["key:load"], models: [housing], actions: [load]}
  - {principals: ["key:admin"], models: [housing], actions: [admin]}
`

// Callers are those of OneRight, and one who has none.
var Callers = []string{"predict", "metadata", "logs", "load", "admin", "nothing"}

// Files are a policy and keys, mounted as a Secret.
type Files struct {
	Secret *tlstest.Secret
	// Keys are the secrets of the principals.
	Keys map[string]string

	policy, keys string
}

// New makes a key for each name, and the files.
func New(t testing.TB, policy string, names ...string) *Files {
	t.Helper()
	f := &Files{Keys: map[string]string{}, policy: policy}
	for _, name := range names {
		f.Keys[name] = f.key(t, name, time.Time{})
	}
	f.Secret = tlstest.NewSecret(t, f.contents())
	return f
}

// Options say to use the files, and look at them often.
func (f *Files) Options() access.Options {
	return access.Options{Keys: f.Secret.Path("keys.yaml"), Policy: f.Secret.Path("policy.yaml"), Reload: 20 * time.Millisecond}
}

// Add lists one more key of a principal, and returns it.
func (f *Files) Add(t testing.TB, name string, expires time.Time) string {
	t.Helper()
	secret := f.key(t, name, expires)
	f.Secret.Update(t, f.contents())
	return secret
}

// Replace replaces the files' contents with whatever is given.
func (f *Files) Replace(t testing.TB, policy, keys string) {
	t.Helper()
	f.policy, f.keys = policy, keys
	f.Secret.Update(t, f.contents())
}

// Lines are those of the file of keys.
func (f *Files) Lines() string { return f.keys }

func (f *Files) key(t testing.TB, name string, expires time.Time) string {
	t.Helper()
	secret, line, err := auth.NewKey(name, nil, expires)
	if err != nil {
		t.Fatal(err)
	}
	f.keys += line + "\n"
	return secret
}

func (f *Files) contents() map[string][]byte {
	return map[string][]byte{"policy.yaml": []byte(f.policy), "keys.yaml": []byte(f.keys)}
}
