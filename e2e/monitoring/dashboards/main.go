// Command dashboards writes the Grafana dashboards of charts/monitoring from
// the panels that are listed here: a panel is a title, what it tells, a unit and
// its queries, and where it stands, how it is numbered and drawn follows from
// that. `make generate` runs it.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . -o ../../../charts/monitoring/dashboards

func main() {
	folder := flag.String("o", ".", "the `folder` to write to")
	flag.Parse()
	for _, d := range []dashboard{overview(), model(), resources(), kubernetes()} {
		if err := write(*folder, d); err != nil {
			fmt.Fprintln(os.Stderr, "dashboards:", err)
			os.Exit(1)
		}
	}
}

func write(folder string, d dashboard) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // queries have < and >
	e.SetIndent("", "  ")
	if err := e.Encode(d.json()); err != nil {
		return fmt.Errorf("%s: %w", d.uid, err)
	}
	return os.WriteFile(filepath.Join(folder, d.uid+".json"), b.Bytes(), 0o644) // #nosec G306 -- of the repository
}
