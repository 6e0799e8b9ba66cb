package lightgbm

import (
	"bytes"
	"strings"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// A document is what the file says (src/boosting/gbdt_model_text.cpp,
// SaveModelToString).
type document struct {
	version   string // of the format: v2, v3 or v4
	perRound  int    // num_tree_per_iteration: the raw scores a row
	objective string // "binary sigmoid:1"; empty for a custom one
	average   bool   // average_output: a random forest
	names     []string
	infos     []string // feature_infos: "[min:max]", "1:0:2" (categories) or "none"
	sizes     int      // how many tree_sizes there are; -1 for none
	trees     []model.Tree
	sets      []model.Set
	ended     bool         // "end of trees" is there
	sparse    bool         // the rows come from a sparse matrix
	important *importances // nil where nobody asks

	categorical []int32 // the parameter categorical_feature
	pandas      []byte  // JSON: the categories of every pandas categorical column
}

func parse(s *scanner, sparse bool) (*document, error) {
	d := &document{sizes: -1, sparse: sparse}
	return d, d.parse(s)
}

func (d *document) parse(s *scanner) error {
	features := 0
	line, _ := s.next()
	if string(line) != "tree" {
		return s.fail("the first line is %.32q, not \"tree\"", line)
	}
	for {
		line, ok := s.next()
		if !ok {
			return s.fail("the file ends within the header")
		}
		if bytes.HasPrefix(line, []byte("Tree=")) || string(line) == "end of trees" {
			s.pos = s.line
			break
		}
		key, value, _ := bytes.Cut(line, []byte("="))
		var err error
		switch string(key) {
		case "version":
			d.version = string(value)
		case "num_class", "label_index":
			// num_tree_per_iteration tells the scores; labels are not read.
		case "num_tree_per_iteration":
			d.perRound, err = s.natural(string(key), value, model.MaxScores)
		case "max_feature_idx":
			features, err = s.natural(string(key), value, model.MaxColumns-1)
			features++
		case "objective":
			d.objective = string(value)
		case "average_output":
			d.average = true
		case "feature_names":
			d.names = strings.Split(string(value), " ")
		case "feature_infos":
			d.infos = strings.Split(string(value), " ")
		case "tree_sizes":
			d.sizes = len(bytes.Fields(value))
		}
		if err != nil {
			return err
		}
	}
	switch {
	case d.version != "v2" && d.version != "v3" && d.version != "v4":
		return unsupported("the text format "+d.version, "LightGBM text of the versions v2, v3 and v4")
	case d.perRound == 0:
		return s.fail("the header has no num_tree_per_iteration")
	case features == 0 || len(d.names) != features || len(d.infos) != features:
		return s.fail("the header has %d feature_names and %d feature_infos, max_feature_idx tells %d", len(d.names), len(d.infos), features)
	}
	if err := d.readTrees(s); err != nil {
		return err
	}
	return d.readTail(s)
}

func (d *document) readTrees(s *scanner) error {
	t := rawTree{important: d.important != nil}
	for {
		line, ok := s.next()
		switch {
		case !ok:
		case len(line) == 0:
			continue
		case string(line) == "end of trees":
			d.ended = true
		case bytes.HasPrefix(line, []byte("Tree=")):
			if err := t.read(s); err != nil {
				return err
			}
			tree, err := t.build(s, d)
			if err != nil {
				return err
			}
			if err := d.important.add(s, &t, len(d.trees)/d.perRound, len(d.names)); err != nil {
				return err
			}
			d.trees = append(d.trees, tree)
			continue
		default:
			// Before v3 the trees had no end mark; feature importances follow.
			s.pos = s.line
		}
		if d.sizes >= 0 && d.sizes != len(d.trees) {
			return s.fail("there are %d trees, but %d tree_sizes", len(d.trees), d.sizes)
		}
		if !d.ended && d.version != "v2" {
			return s.fail("the trees have no end")
		}
		return nil
	}
}

// readTail reads what follows the trees: the parameters, of which one counts,
// and the categories that the Python package adds as the last line.
func (d *document) readTail(s *scanner) error {
	for {
		line, ok := s.next()
		if !ok {
			return nil
		}
		if rest, found := bytes.CutPrefix(line, []byte("[categorical_feature: ")); found {
			list := bytes.ReplaceAll(bytes.TrimSuffix(rest, []byte("]")), []byte(","), []byte(" "))
			var err error
			if d.categorical, err = s.ints("categorical_feature", list, nil); err != nil {
				// Column names ("name:a,b") tell nothing here.
				d.categorical = nil
			}
		}
		if rest, found := bytes.CutPrefix(line, []byte("pandas_categorical:")); found {
			d.pandas = rest
		}
	}
}
