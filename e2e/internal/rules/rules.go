// Package rules reads Prometheus' rule files, and the test files of promtool, as
// far as this module holds them to each other and to the runbook.
package rules

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// A Rule is one that records, or one that alerts.
type Rule struct {
	File, Group         string `json:"-"`
	Record, Alert, Expr string
	Labels, Annotations map[string]string
}

// A Test is a group of promtool's cases over the same series.
type Test struct {
	Name   string
	Alerts []struct {
		Alertname string
		Expected  []struct {
			Labels map[string]string `json:"exp_labels"`
		} `json:"exp_alerts"`
	} `json:"alert_rule_test"`
	Expressions []struct {
		Expr    string
		Samples []struct{ Labels string } `json:"exp_samples"`
	} `json:"promql_expr_test"`
}

// Read returns the rules of all files in a folder.
func Read(folder string) ([]Rule, error) {
	var all []Rule
	err := each(folder, func(file string, text []byte) error {
		var content struct {
			Groups []struct {
				Name  string
				Rules []Rule
			}
		}
		if err := yaml.Unmarshal(text, &content); err != nil {
			return err
		}
		for _, g := range content.Groups {
			for _, r := range g.Rules {
				r.File, r.Group = file, g.Name
				all = append(all, r)
			}
		}
		return nil
	})
	return all, err
}

// Tests returns promtool's tests of all files in a folder.
func Tests(folder string) ([]Test, error) {
	var all []Test
	err := each(folder, func(_ string, text []byte) error {
		var content struct{ Tests []Test }
		if err := yaml.Unmarshal(text, &content); err != nil {
			return err
		}
		all = append(all, content.Tests...)
		return nil
	})
	return all, err
}

func each(folder string, read func(file string, text []byte) error) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s: no files *.yaml", folder)
	}
	for _, file := range files {
		text, err := os.ReadFile(file) // #nosec G304 -- of the folder that is asked for
		if err == nil {
			err = read(filepath.Base(file), text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}
