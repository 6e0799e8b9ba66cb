package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/treehouse-ml/treehouse/e2e/internal/grafana"
)

// ofCluster is what only a cluster exposes: kube-state-metrics and the kubelets.
var ofCluster = regexp.MustCompile(`\b(kube|container|kubelet)_`)

// A result is what became of a query of a panel.
type result struct {
	dashboard, panel, ref string
	cluster               bool // it needs one
	series                int
	err                   error
}

// ask runs every query of a dashboard as Grafana would, with its variables at
// what they are when it is opened: All, or the first value. Queries that need a
// cluster are left out without one.
func ask(ctx context.Context, p prometheus, d grafana.Dashboard, cluster bool, window time.Duration) ([]result, error) {
	values := map[string]string{"__rate_interval": "15s", "__interval": "2s", "__range": fmt.Sprintf("%.0fs", window.Seconds())}
	for _, v := range d.Templating.List {
		if v.Type == "datasource" {
			continue
		}
		if !cluster && ofCluster.MatchString(v.Expression()) {
			values[v.Name] = v.AllValue
			continue
		}
		value, err := choose(ctx, p, v, values)
		if err != nil {
			return nil, fmt.Errorf("%s, variable %s: %w", d.UID, v.Name, err)
		}
		values[v.Name] = value
	}
	var all []result
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			r := result{dashboard: d.Title, panel: panel.Title, ref: target.RefID, cluster: ofCluster.MatchString(target.Expr)}
			if !r.cluster || cluster {
				r.series, r.err = r.run(ctx, p, target, values, window)
			}
			all = append(all, r)
		}
	}
	return all, nil
}

func (r *result) run(ctx context.Context, p prometheus, t grafana.Target, values map[string]string, window time.Duration) (int, error) {
	expr, err := grafana.Substitute(t.Expr, values)
	if err != nil {
		return 0, err
	}
	if t.Instant {
		window = 0
	}
	found, err := p.query(ctx, expr, window)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("no data: %s", expr)
	}
	return len(found), err
}

// choose returns the value that a variable has when a dashboard is opened.
func choose(ctx context.Context, p prometheus, v grafana.Variable, values map[string]string) (string, error) {
	query, label, err := v.LabelValues()
	if err == nil {
		query, err = grafana.Substitute(query, values)
	}
	if err != nil {
		return "", err
	}
	found, err := p.labelValues(ctx, query, label)
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("no values: %s", query)
	}
	if v.IncludeAll {
		return v.AllValue, nil
	}
	if v.Sort == grafana.NumericalDescending {
		slices.SortFunc(found, func(a, b string) int {
			x, errX := strconv.ParseFloat(a, 64)
			y, errY := strconv.ParseFloat(b, 64)
			if errX != nil || errY != nil {
				return cmp.Compare(b, a)
			}
			return cmp.Compare(y, x)
		})
	}
	return found[0], nil
}

// panels asks all dashboards again until everything answers, and prints what
// did. It fails for each query that does not.
func (r *observed) panels(ctx context.Context, timeout time.Duration) error {
	all, err := grafana.Read(r.path("charts", "monitoring", "dashboards"))
	if err != nil {
		return err
	}
	deadline := time.Now().Add(timeout)
	for {
		var lines []string
		var errs []error
		for _, d := range all {
			results, err := ask(ctx, r.prometheus, d, r.cluster != nil, time.Minute)
			if err != nil {
				errs = append(errs, err)
			}
			answered, left := 0, 0
			for _, q := range results {
				switch {
				case q.err != nil:
					errs = append(errs, fmt.Errorf("%s, panel %s, query %s: %w", q.dashboard, q.panel, q.ref, q.err))
				case q.series == 0:
					left++
				default:
					answered++
				}
			}
			line := fmt.Sprintf("%-40s %3d queries answered", d.Title, answered)
			if left > 0 {
				line += fmt.Sprintf(", %d not run (KUBECONFIG is not set)", left)
			}
			lines = append(lines, line)
		}
		if err := r.programs.check(); err != nil {
			return err
		}
		if len(errs) == 0 || time.Now().After(deadline) || ctx.Err() != nil {
			for _, line := range lines {
				r.say("%s", line)
			}
			return errors.Join(errs...)
		}
		time.Sleep(2 * time.Second)
	}
}
