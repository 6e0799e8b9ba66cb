package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/treehouse-ml/treehouse/services/predict/internal/model"
)

// A snapshot is the whole catalog at one moment. It is immutable; a change
// makes a new one.
type snapshot struct {
	scanned      bool
	models       map[string]*entry
	summaries    []model.Summary
	defaultModel string
}

type entry struct {
	versions map[int64]*view
	standard *view // answers when no version is named; may be nil
}

// answers reports whether the model answers when no version is named.
func (e *entry) answers() bool { return e.standard != nil && e.standard.usable() }

// A view is a version in a snapshot.
type view struct {
	key    key
	state  model.State
	reason string
	loaded *model.Version
	// onDemand says that a request can have the version loaded, or wait for
	// the load at work.
	onDemand bool
}

func (v *view) usable() bool { return v.loaded != nil || v.onDemand }

func (v *view) notServed() error {
	return &model.NotServedError{Name: v.key.name, Version: v.key.number, State: v.state, Reason: v.reason}
}

func (s *snapshot) find(name string, number int64) (*view, error) {
	if name == "" {
		name = s.defaultModel
	}
	e := s.models[name]
	if e == nil {
		if !s.scanned {
			return nil, &model.NotServedError{Name: name, Version: number, Reason: "the server is starting"}
		}
		return nil, &model.NotFoundError{Name: name, Hint: s.hint()}
	}
	if number == 0 {
		if e.standard == nil {
			newest := e.versions[slices.Max(slices.Collect(maps.Keys(e.versions)))]
			return nil, newest.notServed()
		}
		return e.standard, nil
	}
	v := e.versions[number]
	if v == nil {
		return nil, &model.NotFoundError{Name: name, Version: number}
	}
	return v, nil
}

func (s *snapshot) hint() string {
	if len(s.summaries) == 0 {
		return "the server has no models"
	}
	var names []string
	for _, m := range s.summaries {
		if len(names) == 10 {
			names = append(names, "…")
			break
		}
		names = append(names, m.Name)
	}
	return "there are: " + strings.Join(names, ", ")
}

// publish makes what mu guards visible to lookups. The caller holds mu.
func (c *Catalog) publish() {
	s := &snapshot{scanned: c.scanned, models: map[string]*entry{}}
	for _, v := range c.versions {
		e := s.models[v.key.name]
		if e == nil {
			e = &entry{versions: map[int64]*view{}}
			s.models[v.key.name] = e
		}
		e.versions[v.key.number] = &view{key: v.key, state: v.state, reason: v.reason, loaded: v.loaded,
			onDemand: c.o.OnDemand && (v.state == model.Available || v.state == model.Loading && v.done != nil)}
	}
	for name, e := range s.models {
		e.standard = c.standard(name, e)
		s.summaries = append(s.summaries, summarize(name, e))
	}
	slices.SortFunc(s.summaries, func(a, b model.Summary) int { return cmp.Compare(a.Name, b.Name) })
	s.defaultModel = c.defaultModel(s)
	c.metrics.swapped(c.current.Swap(s), s)
	if c.o.Served != nil {
		c.o.Served(c.Served())
	}
	c.judge()
}

// defaultModel is the one that is named as it, else the only one. Models that
// do not answer are not counted: a broken one must not take the default away.
func (c *Catalog) defaultModel(s *snapshot) string {
	if c.o.DefaultModel != "" {
		return c.o.DefaultModel
	}
	var all, answer []string
	for name, e := range s.models {
		all = append(all, name)
		if e.answers() {
			answer = append(answer, name)
		}
	}
	switch {
	case len(answer) == 1 && c.scanned: // before, others may still be loading
		return answer[0]
	case len(all) == 1:
		return all[0]
	}
	return ""
}

// standard picks the version that answers when none is named: what the desired
// set says (what it said before, until that can answer), else the newest that
// can. While the first ones are loading
// it waits for the newest: a restart must not bring old answers back.
func (c *Catalog) standard(name string, e *entry) *view {
	var newest *view
	for number, v := range e.versions {
		if c.o.Desired != "" {
			of := c.versions[key{name, number}]
			switch {
			case of.isDefault && v.usable():
				return v
			case of.isDefault && newest == nil:
				newest = v // so that an error says what is wrong with it
			case of.leaving && (newest == nil || !newest.usable() || number > newest.key.number):
				newest = v
			}
			continue
		}
		if (v.usable() || !c.scanned && v.state == model.Loading) && (newest == nil || number > newest.key.number) {
			newest = v
		}
	}
	return newest
}

func summarize(name string, e *entry) model.Summary {
	m := model.Summary{Name: name}
	if e.standard != nil {
		m.Default = e.standard.key.number
	}
	for _, number := range slices.Sorted(maps.Keys(e.versions)) {
		v := e.versions[number]
		m.Versions = append(m.Versions, model.Status{
			Number: number, State: v.state, Reason: v.reason, Served: v.loaded != nil,
		})
	}
	return m
}
