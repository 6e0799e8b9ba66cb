package sklearn

import (
	"fmt"
	"maps"
	"slices"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
	"github.com/treehouse-ml/treehouse/services/scoring/internal/pickle"
)

// Read turns the object that a file holds into a model. The object is a
// scikit-learn predictor or transformer, or the scikit-learn wrapper of a booster.
func Read(f *pickle.File, boosters Boosters) (*model.Model, error) {
	r := newReader(f.Format, boosters)
	r.numpy = f.NumPy
	root, err := r.open(f.Root, "")
	if err != nil {
		return nil, err
	}
	r.version = root.versionWithin()
	if root.library() == "scikit-learn" && r.version.text == "" {
		return nil, root.wrong("attribute _sklearn_version does not say which scikit-learn wrote it, and versions differ in what they mean")
	}
	r.naming = r.transforms(root.Object)
	in, err := r.inputs(root)
	if err != nil {
		return nil, err
	}
	if err := r.whole(root, in); err != nil {
		return nil, err
	}
	r.source(root)
	if err := r.settleAll(root); err != nil {
		return nil, err
	}
	r.finish()
	if err := r.m.Validate(); err != nil {
		return nil, root.wrong("%v", err)
	}
	return r.m, nil
}

func newReader(format string, boosters Boosters) *reader {
	return &reader{
		boosters: boosters,
		m:        &model.Model{Source: model.Source{Format: format}},
		owned:    make(map[*byte]bool),
		bitsets:  make(map[*pickle.Array][]uint32),
		read:     make(map[*pickle.Object]*booster),
		passed:   make(map[model.Column]passage),
		filled:   make(map[model.Column]filling),
		inexact:  make(map[model.Column]bool),
	}
}

// maxDepth bounds pipelines within pipelines, and with it recursion.
const maxDepth = 32

// maxWork bounds the values that are copied out of a file. Objects may be
// shared within it, so that its size alone bounds nothing.
const maxWork = 1 << 27

// maxObjects bounds the steps of all pipelines. Pipelines that share their
// parts could otherwise be small in a file and endless to walk.
const maxObjects = 1 << 16

// A reader builds one model.
type reader struct {
	boosters Boosters
	m        *model.Model
	kinds    []kind // of the columns so far
	version  version
	numpy    int // 1 or 2, if the file tells
	depth    int
	work     int
	owned    map[*byte]bool             // the arrays of the trees read so far, by their first byte
	bitsets  map[*pickle.Array][]uint32 // of categorical splits
	read     map[*pickle.Object]*booster
	room     tree // of the tree that is read
	naming   bool // columns that transform yields are named
	passed   map[model.Column]passage
	filled   map[model.Column]filling
	// inexact are columns that come from functions whose last bit depends on
	// the mathematical library: nothing may ask what they are equal to.
	inexact map[model.Column]bool
}

// spend counts n values of work, and says when a file asks for too many.
func (r *reader) spend(n int) bool {
	if n < 0 || n > maxWork-r.work {
		return false
	}
	r.work += n
	return true
}

// step appends a step to the program.
func (r *reader) step(s model.Step) { r.m.Steps = append(r.m.Steps, s) }

// source notes which library wrote the file, and in which version.
func (r *reader) source(root *object) {
	s := &r.m.Source
	if library := root.library(); library != "scikit-learn" {
		s.Library, s.Version = library, s.Embedded[library]
		delete(s.Embedded, library)
		return
	}
	s.Library, s.Version = "scikit-learn", r.version.text
}

// embed notes a library whose object the file holds.
func (r *reader) embed(library, version string) {
	if r.m.Source.Embedded == nil {
		r.m.Source.Embedded = make(map[string]string)
	}
	r.m.Source.Embedded[library] = version
}

// finish tells the features what the steps made of them.
func (r *reader) finish() {
	r.m.Columns = len(r.kinds)
	uses := r.uses()
	for i := range r.m.Features {
		f := &r.m.Features[i]
		if r.kinds[i] == text {
			f.Kind = model.String
		}
		f.Unused = !uses[i].any
		if u := uses[i]; !u.other && len(u.categories) > 0 {
			f.Categories = u.categories
		}
	}
	if len(r.m.Source.Embedded) == 0 {
		r.m.Source.Embedded = nil
	}
}

// supported is what errors that refuse a class tell of the others: they are
// too many for a message.
func supported() string {
	t, p := Classes()
	names := append(t, p...)
	slices.Sort(names)
	return fmt.Sprintf("the %d classes of scikit-learn, XGBoost, LightGBM and CatBoost that docs/formats.md lists", len(slices.Compact(names)))
}

// Classes returns the names of all classes that are read, sorted: those that
// transform, and those that predict. A pipeline does both.
func Classes() (transform, predict []string) {
	return slices.Sorted(maps.Keys(transformers)), slices.Sorted(maps.Keys(predictors))
}

// A version is a release of scikit-learn.
type version struct {
	text         string
	major, minor int
}

func parseVersion(s string) (version, bool) {
	v := version{text: s}
	n, _ := fmt.Sscanf(s, "%d.%d", &v.major, &v.minor)
	return v, n == 2 && v.major >= 0 && v.minor >= 0
}

// before tells whether the version is older than major.minor.
func (v version) before(major, minor int) bool {
	return v.major < major || v.major == major && v.minor < minor
}
