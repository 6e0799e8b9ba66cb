package sklearn

import (
	"fmt"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

func state(pairs ...pickle.Value) *pickle.Dict {
	d := &pickle.Dict{}
	for i := 0; i < len(pairs); i += 2 {
		d.Keys, d.Values = append(d.Keys, pairs[i]), append(d.Values, pairs[i+1])
	}
	return d
}

// A function of the user's own may stand where only training asks, and nowhere else.
func TestForeign(t *testing.T) {
	own := &pickle.Class{Module: "project", Name: "own"}
	instance := &pickle.Object{Class: own, State: state("a", 1.0)}
	partial := &pickle.Object{Class: &pickle.Class{Module: "functools", Name: "partial"}, Args: pickle.Tuple{own}}
	search := func(attribute string, v pickle.Value) pickle.Value {
		return &pickle.Object{Class: &pickle.Class{Module: "sklearn.model_selection._search", Name: "GridSearchCV"}, State: state("n_jobs", nil, attribute, v)}
	}
	for name, test := range map[string]struct {
		root pickle.Value
		want int
	}{
		"a scorer":                       {search("scoring", own), 0},
		"an instance":                    {search("refit", instance), 0},
		"a part of a function":           {search("eval_metric", partial), 0},
		"deep within":                    {search("best_estimator_", search("steps", &pickle.List{Items: []pickle.Value{search("objective", own)}})), 0},
		"among slots":                    {&pickle.Object{State: pickle.Tuple{nil, state("cv", own)}}, 0},
		"a transformation":               {search("func", own), 1},
		"an attribute that nobody knows": {search("postprocess", own), 1},
		"a class of one's own":           {search("best_estimator_", instance), 1},
		"the model itself":               {instance, 1},
		"twice, once where it is asked":  {pickle.Tuple{search("scoring", own), search("func", own)}, 1},
		"shared by both":                 {pickle.Tuple{search("scoring", partial), search("func", partial)}, 1},
		"a key":                          {state(own, "a"), 1},
		"an argument":                    {&pickle.Object{Class: partial.Class, Args: pickle.Tuple{"a", own}}, 1},
		"in an array":                    {&pickle.Array{Objects: []pickle.Value{own}}, 1},
		"a set":                          {&pickle.Set{Items: []pickle.Value{own}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := &pickle.File{Root: test.root, Foreign: []*pickle.Class{own}}
			if got := Foreign(f); len(got) != test.want {
				t.Errorf("got %v; want %d", got, test.want)
			}
			if f.Calls = true; len(Foreign(f)) != 1 {
				t.Error("what would have been called was let through")
			}
		})
	}
}

// Cycles end, and what is shared is looked at once.
func TestForeignEnds(t *testing.T) {
	list := &pickle.List{}
	list.Items = append(list.Items, list)
	shared := pickle.Value(pickle.Tuple{list})
	for range 60 {
		shared = pickle.Tuple{shared, shared}
	}
	own := &pickle.Class{Module: "project", Name: "own"}
	f := &pickle.File{Root: pickle.Tuple{shared, own}, Foreign: []*pickle.Class{own}}
	if got := fmt.Sprint(Foreign(f)); got != "[project.own]" {
		t.Errorf("got %v", got)
	}
}
