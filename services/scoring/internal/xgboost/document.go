package xgboost

import (
	"math"
	"strconv"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A document is what the file says, checked value by value but not yet for
// sense.
type document struct {
	version   [3]int
	wrapper   string // the attribute scikit_learn: JSON that describes the wrapper which saved the file
	best      int    // the attribute best_iteration; -1 if there is none
	names     []string
	types     []string
	objective string
	baseScore []float32
	features  int // num_feature
	classes   int // num_class
	targets   int // num_target
	booster   booster

	// Of the binary format.
	extra, metrics bool // attributes, and names of metrics, follow the booster
	rawBase        bool // base_score is a raw score (before 1.0)
}

// A booster is the part under gradient_booster.
type booster struct {
	name     string // gbtree, dart or gblinear
	held     bool   // there is a model; of a configuration there is none
	declared int    // num_trees; -1 where it is not said
	weights  []float32
	drop     []float32 // DART's weight of each tree
	trees    []model.Tree
	vector   []int // of each tree: the values a leaf holds
	sets     []model.Set
	setWords int     // of all sets
	groups   []int32 // tree_info: the score that each tree adds to
	parallel int     // num_parallel_tree
	rounds   []int32 // iteration_indptr: where each round's trees start; nil before 2.0
	cats     []categories

	important *importances // nil where nobody asks
}

// fields dispatches the members of an object; members that are not named are
// skipped.
func fields(s source, known func(key string) (bool, error)) error {
	return s.object(func(key []byte) error {
		// The conversion is for the switch in known only.
		used, err := known(string(key))
		if err == nil && !used {
			err = s.skip()
		}
		return err
	})
}

// parse reads a whole file: a model, or the {"Config", "Model"} that a pickled
// Booster holds.
func parse(s source) (*document, error) {
	return parseFor(s, nil)
}

// parseFor is parse, and adds up importances unless they are nil.
func parseFor(s source, important *importances) (*document, error) {
	d := &document{best: -1, targets: 1, booster: booster{declared: -1, important: important}}
	found := false
	var top func(key string) (bool, error)
	top = func(key string) (bool, error) {
		switch key {
		case "Config":
			return true, d.booster.config(s)
		case "Model":
			return true, fields(s, top)
		case "learner":
			found = true
			return true, d.learner(s)
		case "version":
			v, err := s.ints(nil)
			if err == nil && len(v) != len(d.version) {
				err = s.fail("a version of %d numbers", len(v))
			}
			if err != nil {
				return true, err
			}
			for i := range d.version {
				d.version[i] = int(v[i])
			}
			return true, nil
		}
		return false, nil
	}
	err := fields(s, top)
	if err == nil && !found {
		err = s.fail("there is no learner")
	}
	if err == nil && !d.booster.held {
		err = s.fail("there is no model under gradient_booster: save_config writes what a model is trained with, save_model the model")
	}
	if n := d.booster.declared; err == nil && n >= 0 && n != len(d.booster.trees) {
		err = s.fail("num_trees is %d, but there are %d trees", n, len(d.booster.trees))
	}
	if err == nil {
		err = s.end()
	}
	return d, err
}

func (d *document) learner(s source) error {
	return fields(s, func(key string) (used bool, err error) {
		switch key {
		case "attributes":
			err = d.attributes(s)
		case "feature_names":
			d.names, err = texts(s)
		case "feature_types":
			d.types, err = texts(s)
		case "gradient_booster":
			err = d.booster.read(s)
		case "learner_model_param":
			err = d.parameters(s)
		case "objective":
			err = fields(s, func(key string) (used bool, err error) {
				if key == "name" {
					d.objective, err = s.text()
					return true, err
				}
				return false, nil
			})
		default:
			return false, nil
		}
		return true, err
	})
}

func (d *document) attributes(s source) error {
	return fields(s, func(key string) (used bool, err error) {
		switch key {
		case "scikit_learn":
			d.wrapper, err = s.text()
		case "best_iteration":
			d.best, err = bestIteration(s)
		default:
			return false, nil
		}
		return true, err
	})
}

func (d *document) parameters(s source) error {
	return fields(s, func(key string) (used bool, err error) {
		switch key {
		case "base_score":
			d.baseScore, err = readBaseScore(s)
		case "num_feature":
			d.features, err = decimal(s, model.MaxColumns)
		case "num_class":
			d.classes, err = decimal(s, model.MaxScores)
		case "num_target":
			d.targets, err = decimal(s, model.MaxScores)
		default:
			return false, nil
		}
		return true, err
	})
}

// scores is the number of raw scores a row (LearnerModelParam's
// num_output_group).
func (d *document) scores() int { return max(1, d.classes, d.targets) }

// readBaseScore reads "5E-1", the form until 3.0, or "[1E0,2E0]" of 3.1 and
// later.
func readBaseScore(s source) ([]float32, error) {
	text, err := s.text()
	if err != nil {
		return nil, err
	}
	inner := text
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		inner = text[1 : len(text)-1]
	}
	var base []float32
	for _, part := range strings.Split(inner, ",") {
		v, err := strconv.ParseFloat(part, 32)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, s.fail("base_score is %.40q, not a number", text)
		}
		base = append(base, float32(v))
	}
	return base, nil
}

// decimal reads a natural number that is stored as text.
func decimal(s source, most int) (int, error) {
	text, err := s.text()
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, s.fail("%.40q where a number from 0 to %d is expected", text, most)
	}
	return n, nil
}

// bestIteration reads the round that early stopping chose; without rounds
// XGBoost writes -1.
func bestIteration(s source) (int, error) {
	start := s.at()
	if text, err := s.text(); err != nil || text == "-1" {
		return -1, err
	}
	s.seek(start)
	return decimal(s, math.MaxInt32-1)
}

func texts(s source) ([]string, error) {
	var all []string
	err := s.array(func() error {
		t, err := s.text()
		all = append(all, t)
		return err
	})
	return all, err
}

// config finds the forest's size in the configuration of a pickled Booster:
// before 1.6 the model itself does not tell it.
func (b *booster) config(s source) error {
	var look func(key string) (bool, error)
	look = func(key string) (used bool, err error) {
		switch key {
		case "learner", "gradient_booster", "gbtree", "gbtree_train_param":
			return true, fields(s, look)
		case "num_parallel_tree":
			b.parallel, err = decimal(s, math.MaxInt32)
			return true, err
		}
		return false, nil
	}
	return fields(s, look)
}

// read reads a booster in any of its layouts: gbtree {model, name}; dart
// {gbtree: {model, name}, name, weight_drop}; gblinear {model, name}.
func (b *booster) read(s source) error {
	return fields(s, func(key string) (used bool, err error) {
		switch key {
		case "name":
			b.name, err = s.text()
		case "model":
			err = b.model(s)
		case "gbtree":
			err = fields(s, func(key string) (bool, error) {
				if key == "model" {
					return true, b.model(s)
				}
				return false, nil
			})
		case "weight_drop":
			b.drop, err = s.floats(nil)
		default:
			return false, nil
		}
		return true, err
	})
}

func (b *booster) model(s source) error {
	b.held = true
	return fields(s, func(key string) (used bool, err error) {
		switch key {
		case "weights":
			b.weights, err = s.floats(nil)
		case "weight_drop":
			b.drop, err = s.floats(nil)
		case "gbtree_model_param":
			err = fields(s, func(key string) (used bool, err error) {
				switch key {
				case "num_parallel_tree":
					b.parallel, err = decimal(s, math.MaxInt32)
				case "num_trees":
					b.declared, err = decimal(s, math.MaxInt32)
				default:
					return false, nil
				}
				return true, err
			})
		case "tree_info":
			b.groups, err = s.ints(nil)
		case "iteration_indptr":
			b.rounds, err = s.ints(nil)
		case "cats":
			b.cats, err = readCategories(s)
		case "trees":
			err = b.readTrees(s)
		default:
			return false, nil
		}
		return true, err
	})
}
