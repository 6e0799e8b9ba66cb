package main

import (
	"strconv"
	"strings"
)

// A panel is one picture: what it tells, in a unit of Grafana's, by queries.
type panel struct {
	kind          string
	title, about  string
	unit          string
	width, height int
	queries       []query
	alert         string // the alert whose section in the runbook tells more
	stacked       bool
	most          float64 // the axis ends there, if not 0
	bounds        []bound // colours by value, from green on
	hidden        []string
	names         map[string]string // words for values
}

// A query is drawn with the legend, where {{label}} is the value of a label.
type query struct{ expr, legend string }

// From a bound on, a value has the colour.
type bound struct {
	from   float64
	colour string
}

// lines are values over time, stat one number, table the labels of series as
// they are now, cells a row of colours for each series, bars shares by bin, and
// density how many there were of each size.
func lines(title, about, unit string, q ...query) panel {
	return panel{kind: "timeseries", title: title, about: about, unit: unit, width: 8, height: 8, queries: q}
}
func stat(title, about, unit string, q ...query) panel {
	return panel{kind: "stat", title: title, about: about, unit: unit, width: 4, height: 4, queries: q}
}
func table(title, about string, q ...query) panel {
	return panel{kind: "table", title: title, about: about, unit: "short", width: 12, height: 7, queries: q}
}
func cells(title, about, unit string, q ...query) panel {
	return panel{kind: "status-history", title: title, about: about, unit: unit, width: 24, height: 9, queries: q}
}
func bars(title, about, unit string, q ...query) panel {
	return panel{kind: "barchart", title: title, about: about, unit: unit, width: 12, height: 8, queries: q}
}
func density(title, about, unit string, q ...query) panel {
	return panel{kind: "heatmap", title: title, about: about, unit: unit, width: 8, height: 8, queries: q}
}

func (p panel) wide(width int) panel           { p.width = width; return p }
func (p panel) stack() panel                   { p.stacked = true; return p }
func (p panel) upTo(most float64) panel        { p.most = most; return p }
func (p panel) see(alert string) panel         { p.alert = alert; return p }
func (p panel) coloured(b ...bound) panel      { p.bounds = b; return p }
func (p panel) without(labels ...string) panel { p.hidden = labels; return p }

func (p panel) named(value float64, name string) panel {
	p.names = map[string]string{strconv.FormatFloat(value, 'g', -1, 64): name}
	return p
}

func (p panel) json(id, x, y int) object {
	links := []object{}
	if p.alert != "" {
		links = append(links, object{"title": "Runbook: " + p.alert, "url": alert(p.alert), "targetBlank": true})
	}
	defaults := object{"unit": p.unit, "color": object{"mode": "palette-classic"}, "custom": p.custom(), "thresholds": p.thresholds()}
	if p.kind == "timeseries" {
		defaults["min"] = 0
	}
	if len(p.bounds) > 0 && p.kind != "timeseries" {
		defaults["color"] = object{"mode": "thresholds"}
	}
	if p.most != 0 {
		defaults["max"] = p.most
	}
	if len(p.names) > 0 {
		options := object{}
		for value, name := range p.names {
			options[value] = object{"text": name, "index": 0}
		}
		defaults["mappings"] = []object{{"type": "value", "options": options}}
	}
	o := object{
		"id": id, "type": p.kind, "title": p.title, "description": p.about, "datasource": datasource,
		"gridPos":     object{"x": x, "y": y, "w": p.width, "h": p.height},
		"fieldConfig": object{"defaults": defaults, "overrides": []object{}},
		"options":     p.options(), "targets": p.targets(), "links": links,
	}
	if t := p.transformations(); t != nil {
		o["transformations"] = t
	}
	return o
}

func (p panel) targets() []object {
	var all []object
	for i, q := range p.queries {
		o := object{"refId": string(rune('A' + i)), "datasource": datasource, "expr": q.expr, "editorMode": "code", "range": true, "instant": false}
		if q.legend != "" {
			o["legendFormat"] = q.legend
		}
		switch p.kind {
		case "table", "barchart":
			o["format"], o["range"], o["instant"] = "table", false, true
		case "heatmap":
			o["format"] = "heatmap"
		default:
			o["format"] = "time_series"
			// Points that lead to a trace, on the durations of single requests.
			o["exemplar"] = strings.Contains(q.expr, "_bucket{")
		}
		all = append(all, o)
	}
	return all
}

func (p panel) thresholds() object {
	steps := []object{{"color": "green", "value": nil}}
	for _, b := range p.bounds {
		steps = append(steps, object{"color": b.colour, "value": b.from})
	}
	return object{"mode": "absolute", "steps": steps}
}

func (p panel) custom() object {
	switch p.kind {
	case "timeseries":
		stacking, fill, limits := "none", 8, "off"
		if p.stacked {
			stacking, fill = "normal", 40
		}
		if len(p.bounds) > 0 {
			limits = "dashed"
		}
		return object{"drawStyle": "line", "lineWidth": 1, "fillOpacity": fill, "showPoints": "auto", "spanNulls": false,
			"stacking": object{"mode": stacking, "group": "A"}, "thresholdsStyle": object{"mode": limits}}
	case "status-history":
		return object{"fillOpacity": 80, "lineWidth": 0}
	case "barchart":
		return object{"fillOpacity": 70, "lineWidth": 1}
	}
	return object{}
}

func (p panel) options() object {
	legend := object{"showLegend": true, "displayMode": "table", "placement": "bottom", "calcs": []string{"mean", "max", "lastNotNull"}}
	last := object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false}
	switch p.kind {
	case "timeseries":
		return object{"legend": legend, "tooltip": object{"mode": "multi", "sort": "desc"}}
	case "stat":
		return object{"reduceOptions": last, "colorMode": "value", "graphMode": "area", "textMode": "auto", "justifyMode": "auto", "orientation": "auto"}
	case "status-history":
		return object{"showValue": "never", "rowHeight": 0.9, "legend": object{"showLegend": true, "displayMode": "list", "placement": "bottom"}, "tooltip": object{"mode": "single"}}
	case "barchart":
		return object{"xField": "bin", "orientation": "vertical", "groupWidth": 0.8, "barWidth": 0.9, "showValue": "never",
			"legend": object{"showLegend": true, "displayMode": "list", "placement": "bottom"}, "tooltip": object{"mode": "multi"}}
	case "heatmap":
		return object{"calculate": false, "yAxis": object{"unit": p.unit}, "color": object{"mode": "scheme", "scheme": "Oranges", "steps": 64},
			"cellGap": 1, "filterValues": object{"le": 1e-9}, "legend": object{"show": true}, "tooltip": object{"mode": "single", "yHistogram": true}}
	}
	return object{"showHeader": true, "cellHeight": "sm"}
}

func (p panel) transformations() []object {
	switch p.kind {
	case "table":
		gone := object{"Time": true, "Value": true}
		for _, label := range p.hidden {
			gone[label] = true
		}
		return []object{{"id": "organize", "options": object{"excludeByName": gone, "indexByName": object{}, "renameByName": object{}}}}
	case "barchart":
		return []object{
			{"id": "joinByField", "options": object{"byField": "bin", "mode": "outer"}},
			{"id": "organize", "options": object{"excludeByName": object{"Time": true, "Time 1": true, "Time 2": true}, "indexByName": object{}, "renameByName": object{"Value #A": p.queries[0].legend, "Value #B": p.queries[1].legend}}},
		}
	}
	return nil
}
