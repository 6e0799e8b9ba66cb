package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// prometheus asks a server, by its address.
type prometheus string

// A series is what a query answered, by its labels; a value that is not a
// number is left out.
type series struct {
	labels map[string]string
	values []float64
}

// query asks for now, or, with a window, for that long until now.
func (p prometheus) query(ctx context.Context, expr string, window time.Duration) ([]series, error) {
	values, path := url.Values{"query": {expr}}, "query"
	if window > 0 {
		now := time.Now()
		path = "query_range"
		values.Set("start", seconds(now.Add(-window)))
		values.Set("end", seconds(now))
		values.Set("step", "2")
	}
	var data struct {
		ResultType string
		Result     json.RawMessage
	}
	if err := p.get(ctx, path, values, &data); err != nil {
		return nil, err
	}
	if data.ResultType == "scalar" {
		return []series{{values: []float64{0}}}, nil
	}
	var result []struct {
		Metric map[string]string
		Value  []any
		Values [][]any
	}
	if err := json.Unmarshal(data.Result, &result); err != nil {
		return nil, fmt.Errorf("the answer to %s: %w", expr, err)
	}
	var all []series
	for _, r := range result {
		s := series{labels: r.Metric}
		if r.Value != nil {
			r.Values = append(r.Values, r.Value)
		}
		for _, pair := range r.Values {
			text, _ := pair[1].(string)
			if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(v) {
				s.values = append(s.values, v)
			}
		}
		if len(s.values) > 0 {
			all = append(all, s)
		}
	}
	return all, nil
}

// labelValues are those of a label, among the series of a selector.
func (p prometheus) labelValues(ctx context.Context, selector, label string) ([]string, error) {
	var values []string
	err := p.get(ctx, "label/"+label+"/values", url.Values{"match[]": {selector}}, &values)
	return values, err
}

// An alertState is an alert as Prometheus has it.
type alertState struct {
	Labels, Annotations map[string]string
	State               string
}

func (p prometheus) firing(ctx context.Context) ([]alertState, error) {
	var data struct{ Alerts []alertState }
	if err := p.get(ctx, "alerts", nil, &data); err != nil {
		return nil, err
	}
	var firing []alertState
	for _, a := range data.Alerts {
		if a.State == "firing" {
			firing = append(firing, a)
		}
	}
	return firing, nil
}

// ailing are the rules whose last evaluation failed, and the targets that could
// not be scraped, each with the reason.
func (p prometheus) ailing(ctx context.Context) ([]string, error) {
	var rules struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	var targets struct {
		ActiveTargets []struct{ ScrapeURL, Health, LastError string }
	}
	if err := p.get(ctx, "rules", nil, &rules); err != nil {
		return nil, err
	}
	if err := p.get(ctx, "targets", nil, &targets); err != nil {
		return nil, err
	}
	var all []string
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			if r.Health != "ok" {
				all = append(all, fmt.Sprintf("rule %s is %s: %s", r.Name, r.Health, r.LastError))
			}
		}
	}
	for _, t := range targets.ActiveTargets {
		if t.Health != "up" {
			all = append(all, fmt.Sprintf("target %s is %s: %s", t.ScrapeURL, t.Health, t.LastError))
		}
	}
	return all, nil
}

func (p prometheus) get(ctx context.Context, path string, values url.Values, into any) error {
	text, status, err := fetch(ctx, string(p)+"/api/v1/"+path+"?"+values.Encode())
	if err != nil {
		return err
	}
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("%s: status %d, and no JSON", path, status)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s", answer.Error)
	}
	return json.Unmarshal(answer.Data, into)
}

func fetch(ctx context.Context, address string) ([]byte, int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	return text, response.StatusCode, err
}

func seconds(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64)
}
