// Schema lets OpenTofu check configurations without the providers, which cannot
// be had everywhere, and without an account. It has two roles:
//
//	schema extract -package FILE.tgz -provider hashicorp/aws -types FILE -out schema.json
//	terraform-provider-…    (started by OpenTofu)
//
// The first reads the schemas of the named resources and data sources out of
// the provider's bindings for CDK for Terraform, an npm package that describes
// every attribute. The second serves the schema.json beside the executable to
// OpenTofu, and nothing else: it validates shapes and types, and refuses to
// plan or apply.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/treehouse-ml/treehouse/terraform/schema/document"
	"github.com/treehouse-ml/treehouse/terraform/schema/plugin"
	"github.com/treehouse-ml/treehouse/terraform/schema/published"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

func run(args []string, stderr io.Writer) error {
	if len(args) == 0 {
		return serve()
	}
	if args[0] != "extract" {
		return fmt.Errorf("unknown command %q; there is extract", args[0])
	}
	flags := flag.NewFlagSet("extract", flag.ContinueOnError)
	flags.SetOutput(stderr)
	archive := flags.String("package", "", "the npm package, as npm pack writes it")
	provider := flags.String("provider", "", "namespace and name, as in hashicorp/aws")
	types := flags.String("types", "", "a file with a line `resource TYPE` or `data TYPE` for each that is wanted")
	out := flags.String("out", "schema.json", "the file to write")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if *archive == "" || *provider == "" || *types == "" {
		return errors.New("extract needs -package, -provider and -types")
	}
	return extract(*archive, *provider, *types, *out)
}

func serve() error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(filepath.Dir(executable), "schema.json"))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	doc, err := document.Read(file)
	if err != nil {
		return err
	}
	return plugin.Serve(doc)
}

func extract(archive, provider, types, out string) error {
	wanted, err := readTypes(types)
	if err != nil {
		return err
	}
	file, err := os.Open(archive) //nolint:gosec // reading the file it is told is its task
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	schema, err := published.Read(file, wanted)
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	encoded, err := json.Marshal(document.New(provider, schema))
	if err != nil {
		return err
	}
	return os.WriteFile(out, encoded, 0o600)
}

func readTypes(path string) (map[published.Type]bool, error) {
	file, err := os.Open(path) //nolint:gosec // reading the file it is told is its task
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	wanted := map[published.Type]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var kind, name string
		if _, err := fmt.Sscanf(lines.Text(), "%s %s", &kind, &name); err != nil || kind != "resource" && kind != "data" {
			return nil, fmt.Errorf("%s: %q is neither `resource TYPE` nor `data TYPE`", path, lines.Text())
		}
		wanted[published.Type{Data: kind == "data", Name: name}] = true
	}
	return wanted, nil
}
