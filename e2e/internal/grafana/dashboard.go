// Package grafana reads dashboards as far as this module checks them: that they
// keep to what Grafana expects, and that their queries answer.
package grafana

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A Dashboard is one file.
type Dashboard struct {
	File          string `json:"-"`
	UID           string
	Title         string
	Description   string
	Tags          []string
	SchemaVersion int
	Links         []Link
	Templating    struct{ List []Variable }
	Panels        []Panel
}

// A Link leads to an address, or to the dashboards with its tags.
type Link struct {
	Type, Title, URL string
	Tags             []string
}

// NumericalDescending is the sort of a variable's values that has the greatest
// number first.
const NumericalDescending = 4

// A Variable is chosen by the reader.
type Variable struct {
	Name, Type string
	Datasource Datasource
	Query      json.RawMessage
	IncludeAll bool
	AllValue   string
	Sort       int
}

// A Datasource is named by its uid.
type Datasource struct{ Type, UID string }

// A Panel is one picture, or a row, the title of those below it.
type Panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	Datasource  Datasource
	GridPos     struct{ X, Y, W, H int }
	FieldConfig struct {
		Defaults struct{ Unit string }
	}
	Targets []Target
	Links   []Link
}

// A Target is a query; Instant asks for now, Range for the time shown.
type Target struct {
	RefID          string
	Datasource     Datasource
	Expr           string
	LegendFormat   string
	Instant, Range bool
}

// Read returns the dashboards of a folder.
func Read(folder string) ([]Dashboard, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: no dashboards", folder)
	}
	var all []Dashboard
	for _, file := range files {
		text, err := os.ReadFile(file) // #nosec G304 -- of the folder that is asked for
		if err != nil {
			return nil, err
		}
		d, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		d.File = filepath.Base(file)
		all = append(all, d)
	}
	return all, nil
}

// Parse returns the dashboard that a file's text is.
func Parse(text []byte) (Dashboard, error) {
	var d Dashboard
	err := json.Unmarshal(text, &d)
	return d, err
}

// Expression is a variable's PromQL query.
func (v Variable) Expression() string {
	var query struct{ Query string }
	if json.Unmarshal(v.Query, &query) == nil {
		return query.Query
	}
	return ""
}

var (
	reference   = regexp.MustCompile(`\$\{?(\w+)\}?`)
	labelValues = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)
)

// LabelValues takes apart a query of the form label_values(selector, label).
func (v Variable) LabelValues() (selector, label string, err error) {
	m := labelValues.FindStringSubmatch(v.Expression())
	if m == nil {
		return "", "", fmt.Errorf("variable %s: %q is not label_values(selector, label)", v.Name, v.Expression())
	}
	return m[1], m[2], nil
}

// Substitute puts values in the place of the variables of an expression.
func Substitute(expr string, values map[string]string) (string, error) {
	var unknown []error
	out := reference.ReplaceAllStringFunc(expr, func(match string) string {
		name := strings.Trim(match, "${}")
		value, known := values[name]
		if !known {
			unknown = append(unknown, fmt.Errorf("no value for $%s", name))
		}
		return value
	})
	return out, errors.Join(unknown...)
}
