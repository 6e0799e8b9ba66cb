package sklearn

import (
	"errors"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// maxParts bounds the objects that a survey looks at.
const maxParts = 256

// Survey names every part of a file that is not read, where [Read] stops at the
// first: it goes through the objects that hold others, and tries to read each
// that holds none by itself.
func Survey(f *pickle.File, boosters Boosters) []*model.UnsupportedError {
	s := &survey{file: f, boosters: boosters, seen: make(map[*pickle.Object]bool), owned: make(map[*byte]bool)}
	if root, ok := f.Root.(*pickle.Object); ok && root.Class != nil {
		s.version = (&object{Object: root, name: root.Class.Name}).versionWithin()
	}
	s.visit(f.Root, "", 0)
	return s.found
}

type survey struct {
	file     *pickle.File
	boosters Boosters
	version  version
	seen     map[*pickle.Object]bool
	found    []*model.UnsupportedError
	work     int            // of all attempts together
	owned    map[*byte]bool // by all attempts
}

// parts are the attributes in which an object holds others: lists of tuples
// that name them, lists, or one.
var (
	namedParts  = []string{"steps", "transformer_list", "transformers_"}
	listedParts = []string{"estimators_", "calibrated_classifiers_"}
	singleParts = []string{"best_estimator_", "regressor_", "transformer_", "final_estimator_"}
)

func (s *survey) visit(v pickle.Value, path string, depth int) {
	if silent(v) && !isObject(v) || sampler(v) || constant(v) || depth > maxDepth || len(s.seen) >= maxParts {
		return
	}
	r := newReader(s.file.Format, s.boosters)
	r.version, r.work, r.owned = s.version, s.work, s.owned
	o, err := r.open(v, path)
	if err != nil {
		s.note(err)
		if p, ok := v.(*pickle.Object); ok && p.Class != nil && !s.seen[p] { // a wrapper that nobody knows may hold more
			s.seen[p] = true
			s.within(&object{Object: p, r: r, path: path, name: p.Class.Name}, depth)
		}
		return
	}
	if s.seen[o.Object] {
		return
	}
	s.seen[o.Object] = true
	_, transforms := transformers[o.name]
	_, predicts := predictors[o.name]
	if !transforms && !predicts {
		s.note(o.unsupported())
	}
	if s.within(o, depth) || !transforms && !predicts {
		return
	}
	s.note(r.alone(o, predicts))
	s.work = r.work
}

func isObject(v pickle.Value) bool {
	_, ok := v.(*pickle.Object)
	return ok
}

// within visits the objects that an object holds, and tells whether there are some.
func (s *survey) within(o *object, depth int) bool {
	found := false
	visit := func(v pickle.Value, name string) {
		p, ok := v.(*pickle.Object)
		if ok && p.Class != nil && isTree(p.Class.Name) { // one of a forest, which reads it
			return
		}
		found = true
		s.visit(v, join(o.path, name), depth+1)
	}
	for _, attribute := range namedParts {
		v, _ := o.attr(attribute)
		list, _ := items(v)
		for _, entry := range list[:min(len(list), maxParts)] {
			if t, ok := items(entry); ok && len(t) >= 2 {
				name, _ := t[0].(string)
				visit(t[1], name)
			}
		}
	}
	for _, attribute := range listedParts {
		v, _ := o.attr(attribute)
		list, _ := items(v)
		for _, v := range list[:min(len(list), maxParts)] {
			visit(v, attribute)
		}
	}
	for _, attribute := range singleParts {
		if v, ok := o.attr(attribute); ok && isObject(v) {
			visit(v, attribute)
		}
	}
	return found
}

func isTree(class string) bool {
	return class == "DecisionTreeRegressor" || class == "DecisionTreeClassifier" || class == "ExtraTreeRegressor" || class == "ExtraTreeClassifier"
}

// alone reads an object as if the file held nothing else.
func (r *reader) alone(o *object, predicts bool) error {
	in, err := r.inputsAlone(o)
	if err != nil {
		return err
	}
	if predicts {
		return r.predictor(o.Object, o.path, in)
	}
	_, err = r.transform(o.Object, o.path, in)
	return err
}

// inputsAlone are as many columns as the object says; of one that does not
// say, one will do.
func (r *reader) inputsAlone(o *object) (matrix, error) {
	switch {
	case o.name == "DictVectorizer":
		return r.dictionary(o)
	case o.library() != "scikit-learn":
		return r.boosterInputs(o)
	case o.has("n_features_in_"):
		n := o.integer("n_features_in_")
		if o.err != nil {
			return matrix{}, o.err
		}
		return r.features(o, n, nil)
	}
	return r.features(o, 1, nil)
}

// note keeps an error that names an unsupported part, once.
func (s *survey) note(err error) {
	var unsupported *model.UnsupportedError
	if !errors.As(err, &unsupported) {
		return
	}
	for _, f := range s.found {
		if f.Class == unsupported.Class && f.Path == unsupported.Path {
			return
		}
	}
	s.found = append(s.found, unsupported)
}
