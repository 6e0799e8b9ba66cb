package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"k8s.io/apimachinery/pkg/util/yaml"
)

type object = map[string]any

// A scrape is a target of Prometheus, with the labels that the operator's
// configuration would give it in a cluster.
type scrape struct {
	job, address string
	labels       map[string]string
	more         object // further settings of the job
}

// writePrometheus writes Prometheus' configuration, as JSON, which is YAML, and
// the rules of charts/monitoring beside it. Their groups are evaluated every
// second and alerts wait 2 s at most: minutes of a cluster are seconds here, but
// what is computed, and over which window, stays.
func writePrometheus(folder, rules, alertmanager string, scrapes []scrape) (file string, err error) {
	jobs := []object{}
	for _, s := range scrapes {
		job := object{"job_name": s.job, "static_configs": []object{{"targets": []string{s.address}, "labels": s.labels}}}
		for key, value := range s.more {
			job[key] = value
		}
		jobs = append(jobs, job)
	}
	if err := quickRules(filepath.Join(folder, "rules"), rules); err != nil {
		return "", err
	}
	return writeJSON(filepath.Join(folder, "prometheus.yaml"), object{
		"global":         object{"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
		"rule_files":     []string{filepath.Join(folder, "rules", "*.yaml")},
		"alerting":       object{"alertmanagers": []object{{"static_configs": []object{{"targets": []string{alertmanager}}}}}},
		"scrape_configs": jobs,
	})
}

var (
	interval = regexp.MustCompile(`(?m)^(\s+interval:) \S+$`)
	wait     = regexp.MustCompile(`(?m)^(\s+for:) \S+$`)
)

func quickRules(to, from string) error {
	files, err := filepath.Glob(filepath.Join(from, "*.yaml"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: no rules", from)
	}
	if err == nil {
		err = os.MkdirAll(to, 0o750)
	}
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file) // #nosec G304 -- of the chart
		if err != nil {
			return err
		}
		text = wait.ReplaceAll(interval.ReplaceAll(text, []byte("$1 1s")), []byte("$1 2s"))
		if err := os.WriteFile(filepath.Join(to, filepath.Base(file)), text, 0o600); err != nil { // #nosec G703 -- below the run's own folder
			return err
		}
	}
	return nil
}

// writeAlertmanager writes the example's routes, with receivers that all are this
// program: each is called at a path of its name.
func writeAlertmanager(folder, example, receiver string) (file string, err error) {
	text, err := os.ReadFile(example) // #nosec G304 -- of the chart
	if err != nil {
		return "", err
	}
	var config object
	if err := yaml.Unmarshal(text, &config); err != nil {
		return "", fmt.Errorf("%s: %w", example, err)
	}
	receivers := []object{}
	list, _ := config["receivers"].([]any)
	for _, r := range list {
		named, _ := r.(object)
		name, _ := named["name"].(string)
		receivers = append(receivers, object{"name": name, "webhook_configs": []object{{"url": receiver + "/" + name}}})
	}
	route, ok := config["route"].(object)
	if !ok || len(receivers) == 0 {
		return "", fmt.Errorf("%s has no route or no receivers", example)
	}
	route["group_wait"], route["group_interval"] = "1s", "1s"
	config["receivers"] = receivers
	return writeJSON(filepath.Join(folder, "alertmanager.yaml"), config)
}

func writeJSON(file string, content any) (string, error) {
	text, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return "", err
	}
	return file, os.WriteFile(file, text, 0o600)
}
