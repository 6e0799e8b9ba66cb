package main

import "strings"

const (
	columns = 24 // of Grafana's grid
	runbook = "https://github.com/treehouse-ml/treehouse/blob/main/docs/runbook.md"
)

// A dashboard is rows of panels, below its variables.
type dashboard struct {
	uid, title, about string
	variables         []variable
	rows              []row
}

type row struct {
	title  string
	panels []panel
}

// A variable is chosen at the top of a dashboard, among the values that a query
// finds; with several, queries match it as a regular expression.
type variable struct {
	name, label, query string
	several            bool
}

var (
	namespaces = variable{"namespace", "Namespace", `label_values(treehouse_build_info, namespace)`, true}
	models     = variable{"model", "Model", `label_values(treehouse_model_info{namespace=~"$namespace"}, model)`, false}
	number     = variable{"version", "Version", `label_values(treehouse_model_info{namespace=~"$namespace", model="$model"}, version)`, false}
)

type object = map[string]any

// datasource is whichever Prometheus the reader chooses.
var datasource = object{"type": "prometheus", "uid": "${datasource}"}

func (d dashboard) json() object {
	panels, y, id := []object{}, 0, 0
	for _, r := range d.rows {
		id++
		panels = append(panels, object{"type": "row", "id": id, "title": r.title, "collapsed": false, "panels": []object{},
			"gridPos": object{"x": 0, "y": y, "w": columns, "h": 1}})
		y++
		x, tallest := 0, 0
		for _, p := range r.panels {
			if x+p.width > columns {
				x, y, tallest = 0, y+tallest, 0
			}
			id++
			panels = append(panels, p.json(id, x, y))
			x, tallest = x+p.width, max(tallest, p.height)
		}
		y += tallest
	}
	return object{
		"uid": d.uid, "title": d.title, "description": d.about, "tags": []string{"treehouse"},
		"schemaVersion": 41, "version": 1, "editable": false, "graphTooltip": 1, "timezone": "browser",
		"time": object{"from": "now-6h", "to": "now"}, "refresh": "30s",
		"links": []object{
			{"type": "dashboards", "title": "Treehouse", "tags": []string{"treehouse"}, "asDropdown": true, "includeVars": true, "keepTime": true, "targetBlank": false},
			{"type": "link", "title": "Runbook", "url": runbook, "icon": "doc", "tooltip": "What to do about each alert", "targetBlank": true, "tags": []string{}},
		},
		"annotations": object{"list": []object{}},
		"templating":  object{"list": d.templating()},
		"panels":      panels,
	}
}

func (d dashboard) templating() []object {
	list := []object{{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": object{}, "hide": 0}}
	for _, v := range d.variables {
		o := object{
			"name": v.name, "label": v.label, "type": "query", "datasource": datasource, "current": object{}, "hide": 0,
			"query":      object{"query": v.query, "qryType": 1, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
			"definition": v.query, "refresh": 2, "sort": v.sort(), "multi": v.several, "includeAll": v.several,
		}
		if v.several {
			o["allValue"] = ".+"
		}
		list = append(list, o)
	}
	return list
}

// sort is Grafana's number of an order: names from a on, versions from the newest.
func (v variable) sort() int {
	if v == number {
		return 4
	}
	return 1
}

// alert is the address of an alert's section in the runbook.
func alert(name string) string { return runbook + "#" + strings.ToLower(name) }
