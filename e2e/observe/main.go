// Command observe shows what can be seen of Treehouse: the pair serves real
// rows, a real Prometheus scrapes it by the rules of charts/monitoring, an
// Alertmanager routes as the example does, and after a while the rows drift. With
// -check it ends by itself and fails unless the drift is noticed, and only then,
// and every panel of every dashboard answers; without, it says where to look and
// goes on until it is interrupted. With KUBECONFIG the charts run on that
// cluster, too, for the panels on Kubernetes' series.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Options of a run.
type Options struct {
	Repository string // the root of this project's files
	Data       string // a CSV file of houses
	Check      bool
	Required   bool // whether the part on a cluster must run
	Kubeconfig string
	LoadImage  string // as e2e's E2E_LOAD_IMAGE
}

func main() {
	o := Options{Required: os.Getenv("OBSERVE_REQUIRED") == "1", Kubeconfig: os.Getenv("KUBECONFIG"), LoadImage: os.Getenv("E2E_LOAD_IMAGE")}
	flag.StringVar(&o.Repository, "repository", ".", "the `folder` of this project")
	flag.StringVar(&o.Data, "data", "", "a CSV `file` of houses; by default the sample in the repository")
	flag.BoolVar(&o.Check, "check", false, "check everything and end")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "observe:", err)
		stop()
		os.Exit(1)
	}
}
