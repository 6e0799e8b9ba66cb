package grafana

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	uid   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`) // Grafana takes 40 characters
	kinds = []string{"row", "timeseries", "stat", "table", "heatmap", "status-history", "barchart"}
	// units are Grafana's ids that make sense here: a misspelt one is drawn as text.
	units    = []string{"short", "percent", "percentunit", "s", "d", "bytes", "Bps", "reqps", "rowsps", "cps"}
	builtins = []string{"__rate_interval", "__range", "__interval"}
)

const columns = 24

// Check returns what is wrong with a dashboard, in words.
func (d *Dashboard) Check() []string {
	c := checker{d: d}
	c.expect(uid.MatchString(d.UID), "uid %q: expected lower-case letters, digits and dashes, at most 40", d.UID)
	c.expect(d.Title != "" && d.Description != "", "no title or no description")
	c.expect(d.SchemaVersion >= 39, "schemaVersion is %d; expected 39 or more, of Grafana 11", d.SchemaVersion)
	c.expect(slices.Contains(d.Tags, "treehouse"), "no tag treehouse, by which the dashboards link to each other")
	c.expect(slices.ContainsFunc(d.Links, func(l Link) bool { return strings.HasSuffix(l.URL, "/docs/runbook.md") }), "no link to the runbook")
	c.variables()
	c.panels()
	return c.wrong
}

type checker struct {
	d     *Dashboard
	names []string // of variables
	wrong []string
}

func (c *checker) expect(ok bool, format string, arguments ...any) {
	if !ok {
		c.wrong = append(c.wrong, fmt.Sprintf(format, arguments...))
	}
}

func (c *checker) variables() {
	for i, v := range c.d.Templating.List {
		c.names = append(c.names, v.Name)
		if i == 0 {
			c.expect(v.Name == "datasource" && v.Type == "datasource", "the first variable is %s; expected the data source", v.Name)
			continue
		}
		_, _, err := v.LabelValues()
		c.expect(err == nil, "%v", err)
		c.source(v.Datasource, "variable "+v.Name)
		c.expect(!v.IncludeAll || v.AllValue != "", "variable %s: All has no value, and would become a long list", v.Name)
		c.references(v.Expression(), "variable "+v.Name)
	}
	c.expect(slices.Contains(c.names, "namespace"), "no variable namespace")
}

func (c *checker) panels() {
	ids := map[int]bool{}
	taken := map[[2]int]string{}
	for i := range c.d.Panels {
		p := &c.d.Panels[i]
		where := fmt.Sprintf("panel %q", p.Title)
		c.expect(p.ID > 0 && !ids[p.ID], "%s: id %d is not positive, or another's", where, p.ID)
		ids[p.ID] = true
		c.expect(p.Title != "", "panel %d has no title", p.ID)
		c.expect(slices.Contains(kinds, p.Type), "%s: type %q is not among %v", where, p.Type, kinds)
		g := p.GridPos
		c.expect(g.X >= 0 && g.Y >= 0 && g.W > 0 && g.H > 0 && g.X+g.W <= columns, "%s: %+v is not within %d columns", where, g, columns)
		for x := g.X; x < min(g.X+g.W, columns); x++ {
			for y := g.Y; y < min(g.Y+g.H, g.Y+100); y++ {
				other, is := taken[[2]int{x, y}]
				c.expect(!is || other == where, "%s lies over %s", where, other)
				taken[[2]int{x, y}] = where
			}
		}
		if p.Type != "row" {
			c.panel(p, where)
		}
	}
	c.expect(len(ids) > 0, "no panels")
}

func (c *checker) panel(p *Panel, where string) {
	c.expect(p.Description != "", "%s has no description", where)
	c.expect(slices.Contains(units, p.FieldConfig.Defaults.Unit), "%s: unit %q is not among %v", where, p.FieldConfig.Defaults.Unit, units)
	c.source(p.Datasource, where)
	c.expect(len(p.Targets) > 0, "%s has no query", where)
	var refs []string
	for _, t := range p.Targets {
		c.expect(t.RefID != "" && !slices.Contains(refs, t.RefID), "%s: refId %q is empty, or another's", where, t.RefID)
		refs = append(refs, t.RefID)
		c.source(t.Datasource, where+" query "+t.RefID)
		c.expect(strings.TrimSpace(t.Expr) != "", "%s query %s is empty", where, t.RefID)
		c.expect(t.Instant != t.Range, "%s query %s is neither instant nor over a range, or both", where, t.RefID)
		c.expect(t.LegendFormat != "" || p.Type == "table", "%s query %s has no legend", where, t.RefID)
		c.references(t.Expr, where)
	}
}

func (c *checker) source(s Datasource, where string) {
	c.expect(s.Type == "prometheus" && s.UID == "${datasource}", "%s: the data source is %q, not the one that is chosen", where, s.UID)
}

func (c *checker) references(expr, where string) {
	for _, m := range reference.FindAllStringSubmatch(expr, -1) {
		c.expect(slices.Contains(builtins, m[1]) || slices.Contains(c.names, m[1]), "%s: $%s is no variable", where, m[1])
	}
	for _, r := range []string{"rate", "increase"} {
		c.expect(!regexp.MustCompile(`\b`+r+`\([^\[]*\[\$__interval\]`).MatchString(expr), "%s: %s over $__interval has gaps; use $__rate_interval", where, r)
	}
}
