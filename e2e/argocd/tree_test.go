//go:build argocd

package argocd

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

const repoURL = "https://git.example.com/platform/treehouse.git"

// A tree is a copy of this repository's argocd and charts, or they themselves.
type tree string

const here tree = "../.."

func (tr tree) path(elements ...string) string {
	return filepath.Join(append([]string{string(tr)}, elements...)...)
}

// clusters are the names of the clusters that are described.
func (tr tree) clusters(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(tr.path("argocd", "clusters", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no clusters in argocd/clusters (%v)", err)
	}
	var names []string
	for _, file := range files {
		name := filepath.Base(file)
		names = append(names, name[:len(name)-len(".yaml")])
	}
	return names
}

// root renders the root application's chart as a cluster's Argo CD would, the
// bootstrap included.
func (tr tree) root(cluster string) ([]unstructured.Unstructured, error) {
	return tr.helm("root", "argocd/root", "argocd", "--values", tr.path("argocd", "clusters", cluster+".yaml"),
		"--set", "bootstrap=true,cluster="+cluster+",repoURL="+repoURL, "--set", "aws.clusterName=main,aws.region=us-west-2,aws.vpcId=vpc-0a1b")
}

// rendered keeps what Helm makes of the same files and arguments: a spoilt tree
// differs from the others in one file.
var rendered sync.Map

// helm renders a chart.
func (tr tree) helm(release, chart, namespace string, arguments ...string) ([]unstructured.Unstructured, error) {
	key, err := tr.fingerprint(chart, append([]string{release, namespace}, arguments...))
	if err != nil {
		return nil, err
	}
	out, found := rendered.Load(key)
	if !found {
		if out, err = tr.template(release, chart, namespace, arguments...); err != nil {
			return nil, err
		}
		rendered.Store(key, out)
	}
	return decode(out.([]byte))
}

// fingerprint is of all that Helm reads.
func (tr tree) fingerprint(chart string, arguments []string) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(os.DirFS(tr.path(chart)), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(tr.path(chart, name))
		fmt.Fprintf(sum, "%q %q\n", name, text)
		return err
	})
	for _, argument := range arguments {
		text := []byte(argument)
		if filepath.IsAbs(argument) || strings.HasPrefix(argument, string(tr)) { // a file of values
			if text, err = os.ReadFile(argument); err != nil {
				return "", err
			}
		}
		fmt.Fprintf(sum, "%q\n", text)
	}
	return chart + string(sum.Sum(nil)), err
}

func (tr tree) template(release, chart, namespace string, arguments ...string) ([]byte, error) {
	command := exec.Command("helm", append([]string{"template", release, tr.path(chart), "--namespace", namespace}, arguments...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", chart, err, stderr.String())
	}
	return out, nil
}

func decode(text []byte) ([]unstructured.Unstructured, error) {
	var objects []unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); ; {
		var object unstructured.Unstructured
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// copied is a copy of what the checks look at, to be spoilt.
func copied(t *testing.T) tree {
	t.Helper()
	to := tree(t.TempDir())
	for _, folder := range []string{"argocd", "charts"} {
		if err := os.CopyFS(to.path(folder), os.DirFS(here.path(folder))); err != nil {
			t.Fatal(err)
		}
	}
	return to
}
