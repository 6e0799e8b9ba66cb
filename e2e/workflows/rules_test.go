package workflows

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

type workflow struct {
	On          any            `json:"on"`
	Permissions any            `json:"permissions"`
	Concurrency any            `json:"concurrency"`
	Jobs        map[string]job `json:"jobs"`
	Runs        struct {
		Steps []step `json:"steps"` // of a composite action
	} `json:"runs"`
}

type job struct {
	Permissions any    `json:"permissions"`
	Timeout     any    `json:"timeout-minutes"`
	Uses        string `json:"uses"`
	Strategy    struct {
		Matrix map[string]any `json:"matrix"`
	} `json:"strategy"`
	Steps []step `json:"steps"`
}

type step struct {
	Uses string         `json:"uses"`
	Run  string         `json:"run"`
	With map[string]any `json:"with"`
}

// granted are the permissions beyond reading the code that a job may have.
var granted = map[string]map[string]string{
	"images.yml image":    {"id-token": "write"},
	"images.yml deploy":   {"contents": "write"},
	"deploy.yml dev":      {"contents": "write"},
	"release.yml release": {"contents": "write", "id-token": "write"},
}

// keepsToken are the jobs that push with the token of their checkout.
var keepsToken = []string{"deploy.yml dev"}

var (
	usesLine  = regexp.MustCompile(`(?m)^\s*(?:- )?uses:\s*(.*)$`)
	pinned    = regexp.MustCompile(`^([\w.-]+/[\w.-]+)(?:/[\w./-]+)?@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$`)
	makeRun   = regexp.MustCompile(`^make ([a-z0-9-]+|\$\{\{ matrix\.target \}\})((?: [A-Z_]+=[A-Za-z0-9_.-]+)*)$`)
	makeNamed = regexp.MustCompile(`(?m)^([a-z0-9-]+):`)
)

// check tells everything that is wrong in .github, given the Makefile's text.
func check(github fs.FS, makefile string) ([]string, error) {
	targets := map[string]bool{}
	for _, match := range makeNamed.FindAllStringSubmatch(makefile, -1) {
		targets[match[1]] = true
	}
	listed, err := fs.ReadFile(github, "actions.md")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(github, "workflows/*.yml")
	if err != nil {
		return nil, err
	}
	if len(files) < 6 {
		return nil, fmt.Errorf("%d workflows; expected six at least", len(files))
	}
	actions, err := fs.Glob(github, "actions/*/action.yml")
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, file := range append(files, actions...) {
		text, err := fs.ReadFile(github, file)
		if err != nil {
			return nil, err
		}
		var w workflow
		if err := yaml.Unmarshal(text, &w); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		say := func(format string, args ...any) {
			problems = append(problems, file+": "+fmt.Sprintf(format, args...))
		}
		checkUses(string(text), string(listed), say)
		if strings.HasPrefix(file, "workflows/") {
			w.check(strings.TrimPrefix(file, "workflows/"), targets, say)
		}
		if bytes.Contains(text, []byte("pull_request_target")) {
			say("pull_request_target runs a stranger's code with our secrets")
		}
	}
	return problems, nil
}

func checkUses(text, listed string, say func(string, ...any)) {
	for _, match := range usesLine.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(match[1], "./.github/") {
			continue
		}
		parts := pinned.FindStringSubmatch(match[1])
		switch {
		case parts == nil:
			say("uses %s; expected owner/name@<commit> # v1.2.3", match[1])
		case !strings.Contains(listed, fmt.Sprintf("| %s | %s | %s |", parts[1], parts[3], parts[2])):
			say("uses %s, which actions.md does not list so", match[1])
		}
	}
}

func (w *workflow) check(name string, targets map[string]bool, say func(string, ...any)) {
	if !readsOnly(w.Permissions) {
		say("permissions: %v; expected contents: read alone, and more only for a job", w.Permissions)
	}
	if w.Concurrency == nil {
		say("no concurrency")
	}
	for _, id := range slices.Sorted(maps.Keys(w.Jobs)) {
		j := w.Jobs[id]
		if more := j.Permissions; more != nil {
			for scope, level := range asMap(more) {
				if want := granted[name+" "+id][scope]; level != want && (scope != "contents" || level != "read") {
					say("job %s: permission %s: %v is more than it needs", id, scope, level)
				}
			}
			if asMap(more) == nil {
				say("job %s: permissions: %v", id, more)
			}
		}
		if j.Timeout == nil && j.Uses == "" {
			say("job %s: no timeout-minutes", id)
		}
		for _, s := range j.Steps {
			if s.Run != "" {
				checkRun(id, s.Run, j.Strategy.Matrix["target"], targets, say)
			}
			if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != false && !slices.Contains(keepsToken, name+" "+id) {
				say("job %s: its checkout keeps the token; expected persist-credentials: false", id)
			}
		}
	}
}

func checkRun(id, run string, matrix any, targets map[string]bool, say func(string, ...any)) {
	parts := makeRun.FindStringSubmatch(run)
	if parts == nil {
		say("job %s: run: %s; expected one make target, which also works elsewhere", id, run)
		return
	}
	names := []any{parts[1]}
	if strings.HasPrefix(parts[1], "$") {
		names, _ = matrix.([]any)
		if len(names) == 0 {
			say("job %s: no matrix.target", id)
		}
	}
	for _, name := range names {
		if !targets[fmt.Sprint(name)] {
			say("job %s: the Makefile has no target %v", id, name)
		}
	}
}

func readsOnly(permissions any) bool {
	m := asMap(permissions)
	return len(m) == 1 && m["contents"] == "read"
}

func asMap(value any) map[string]string {
	m, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	texts := map[string]string{}
	for key, v := range m {
		texts[key] = fmt.Sprint(v)
	}
	return texts
}
