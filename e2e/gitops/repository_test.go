//go:build gitops

package gitops

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/treehouse-ml/treehouse/e2e/internal/cluster"
)

// A repository is a bare Git repository made from this checkout, and a clone of
// it to push from.
type repository struct {
	c          *cluster.Cluster
	url, clone string
}

// newRepository makes the repository of the files of this checkout, committed
// or not. E2E_GIT_DIR is where, and E2E_GIT_URL how Argo CD reaches it; by
// default a new directory on this machine, which then must be Argo CD's.
func newRepository(ctx context.Context, c *cluster.Cluster) (*repository, error) {
	temp, err := c.Temp("git")
	if err != nil {
		return nil, err
	}
	bare := os.Getenv("E2E_GIT_DIR")
	if bare == "" {
		bare = filepath.Join(temp, "treehouse.git")
	}
	r := &repository{c: c, url: os.Getenv("E2E_GIT_URL"), clone: filepath.Join(temp, "clone")}
	if r.url == "" {
		r.url = "file://" + bare
	}
	if _, err := c.Run(ctx, nil, "git", "init", "--quiet", "--bare", "--initial-branch=main", bare); err != nil {
		return nil, err
	}
	if _, err := c.Run(ctx, nil, "git", "clone", "--quiet", bare, r.clone); err != nil {
		return nil, err
	}
	// Go files and data are of no interest to Argo CD.
	copied := `git ls-files -z --cached --others --exclude-standard -- argocd charts scripts Makefile | xargs -0 --no-run-if-empty cp --parents --target-directory "$0"`
	if _, err := c.Run(ctx, nil, "sh", "-c", copied, r.clone); err != nil {
		return nil, err
	}
	return r, r.git(ctx, "checkout", "--quiet", "-B", "main")
}

func (r *repository) git(ctx context.Context, args ...string) error {
	_, err := r.c.Run(ctx, nil, "git", r.args(args...)...)
	return err
}

func (r *repository) args(args ...string) []string {
	return append([]string{"-C", r.clone, "-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "-c", "commit.gpgsign=false"}, args...)
}

// commit commits everything and returns the commit.
func (r *repository) commit(ctx context.Context, message string) (string, error) {
	if err := r.git(ctx, "add", "--all"); err != nil {
		return "", err
	}
	if err := r.git(ctx, "commit", "--quiet", "--message", message); err != nil {
		return "", err
	}
	return r.head(ctx)
}

func (r *repository) head(ctx context.Context) (string, error) {
	out, err := r.c.Run(ctx, nil, "git", r.args("rev-parse", "HEAD")...)
	return strings.TrimSpace(out), err
}

// push commits everything, pushes, and returns the commit.
func (r *repository) push(ctx context.Context, message string) (string, error) {
	commit, err := r.commit(ctx, message)
	if err != nil {
		return "", err
	}
	return commit, r.git(ctx, "push", "--quiet", "origin", "main")
}

// revert takes commits back, newest first, pushes, and returns the last commit.
func (r *repository) revert(ctx context.Context, commits ...string) (string, error) {
	if err := r.git(ctx, append([]string{"revert", "--no-edit"}, commits...)...); err != nil {
		return "", err
	}
	if err := r.git(ctx, "push", "--quiet", "origin", "main"); err != nil {
		return "", err
	}
	return r.head(ctx)
}

// write replaces a file.
func (r *repository) write(text string, path ...string) error {
	file := filepath.Join(append([]string{r.clone}, path...)...)
	return os.WriteFile(file, []byte(text), 0o644)
}

// edit replaces what a pattern matches in a file, which must hold it.
func (r *repository) edit(pattern, by string, path ...string) error {
	file := filepath.Join(append([]string{r.clone}, path...)...)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	p := regexp.MustCompile(pattern)
	if !p.Match(text) {
		return fmt.Errorf("%s has nothing like %s", file, pattern)
	}
	return os.WriteFile(file, p.ReplaceAll(text, []byte(by)), 0o644)
}

// override puts values over those of a file, level by level.
func (r *repository) override(values cluster.Values, path ...string) error {
	file := filepath.Join(append([]string{r.clone}, path...)...)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var all cluster.Values
	if err := yaml.Unmarshal(text, &all); err != nil {
		return err
	}
	merged, err := yaml.Marshal(merge(all, values))
	if err != nil {
		return err
	}
	return os.WriteFile(file, merged, 0o644)
}

func merge(under, over cluster.Values) cluster.Values {
	merged := maps.Clone(under)
	for key, value := range over {
		below, isMap := merged[key].(cluster.Values)
		above, areBoth := value.(cluster.Values)
		if isMap && areBoth {
			value = merge(below, above)
		}
		merged[key] = value
	}
	return merged
}
