package workflows

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const root = "../.."

func makefile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWorkflowsKeepTheRules(t *testing.T) {
	problems, err := check(os.DirFS(filepath.Join(root, ".github")), makefile(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}

// Each rule must notice something: a copy with one thing wrong is refused.
func TestEachMistakeIsNoticed(t *testing.T) {
	for _, m := range []struct{ name, file, old, new, says string }{
		{"a floating tag", "workflows/check.yml", "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2", "actions/checkout@v4", "uses actions/checkout@v4"},
		{"a commit without its version", "workflows/e2e.yml", "683 # v4.2.2", "683", "expected owner/name@<commit> # v1.2.3"},
		{"another commit", "workflows/e2e.yml", "11bd7190", "11bd7191", "actions.md does not list"},
		{"a floating tag in an action of ours", "actions/setup/action.yml", "actions/cache@5a3ec84eff668545956fd18022155c47e93e2684 # v4.2.3", "actions/cache@main", "uses actions/cache@main"},
		{"a command of its own", "workflows/e2e.yml", "run: make kind", "run: kind create cluster", "expected one make target"},
		{"two commands", "workflows/e2e.yml", "run: make kind", "run: make kind && make e2e", "expected one make target"},
		{"what somebody wrote in a command", "workflows/e2e.yml", "run: make kind", "run: make kind NAME=${{ github.head_ref }}", "expected one make target"},
		{"a target that is not there", "workflows/e2e.yml", "run: make kind", "run: make kinds", "no target kinds"},
		{"a target of a matrix that is not there", "workflows/check.yml", "target: [test, race,", "target: [tests, race,", "no target tests"},
		{"all permissions", "workflows/e2e.yml", "permissions:\n  contents: read", "permissions: write-all", "expected contents: read alone"},
		{"no permissions said", "workflows/e2e.yml", "permissions:\n  contents: read\n", "", "expected contents: read alone"},
		{"a permission that a job does not need", "workflows/release.yml", "      id-token: write", "      packages: write", "packages: write is more than it needs"},
		{"a token that stays", "workflows/check.yml", "persist-credentials: false", "persist-credentials: true", "keeps the token"},
		{"no end", "workflows/nightly.yml", "    timeout-minutes: 90\n", "", "no timeout-minutes"},
		{"no concurrency", "workflows/deploy.yml", "concurrency:\n  group: deploy\n  cancel-in-progress: false\n", "", "no concurrency"},
		{"a stranger's code with our secrets", "workflows/check.yml", "  pull_request:", "  pull_request_target:", "pull_request_target"},
	} {
		t.Run(m.name, func(t *testing.T) {
			github := copied(t)
			text := string(github[m.file].Data)
			if !strings.Contains(text, m.old) {
				t.Fatalf("%s has no %q", m.file, m.old)
			}
			github[m.file].Data = []byte(strings.ReplaceAll(text, m.old, m.new))
			problems, err := check(github, makefile(t))
			if err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(problems, "\n"); !strings.Contains(all, m.says) {
				t.Errorf("nothing says %q:\n%s", m.says, all)
			}
		})
	}
}

func copied(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	from := os.DirFS(filepath.Join(root, ".github"))
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, name)
		files[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
