package xgboost

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// The binary format that save_model wrote unless a name ended in .json or .ubj,
// until 2.0: C structs as they lay in memory, little-endian, with strings and
// vectors behind their length (src/learner.cc, src/gbm/gbtree_model.cc,
// include/xgboost/tree_model.h). From 1.1 on it starts with "binf".

// What the structs take, with the room that they reserved.
const (
	legacyMagic      = "binf"
	legacyLearner    = 136 // LearnerModelParamLegacy
	legacyForest     = 160 // GBTreeModelParam
	legacyTree       = 148 // TreeParam
	legacyNode       = 20  // RegTree::Node
	legacyStatistics = 16  // RTreeNodeStat
	legacyLinear     = 136 // DeprecatedGBLinearModelParam
)

// serialized starts what a Booster's pickle holds in 1.0 to 1.2: the size of
// the binary model, the model, and its configuration as JSON.
const serialized = "CONFIG-offset:"

// sniffLegacy tells whether a file that starts with these bytes is of the
// binary format. Without a magic its header tells: small numbers, and behind
// them the objective's name and the booster's.
func sniffLegacy(prefix []byte) bool {
	if bytes.HasPrefix(prefix, []byte(legacyMagic)) || bytes.HasPrefix(prefix, []byte(serialized)) {
		return true
	}
	s := &legacy{cursor: cursor{format: legacyFormat, data: prefix}}
	d := &document{}
	return d.legacyHeader(s) == nil && (d.booster.name == "gbtree" || d.booster.name == "dart" || d.booster.name == "gblinear")
}

const (
	legacyFormat = "XGBoost's binary format"
	legacyName   = "xgboost-binary"
)

// legacy reads the pieces of the binary format.
type legacy struct {
	cursor
	failed bool // something was beyond the end
}

// parseLegacy reads a whole file, or the handle of a pickled Booster.
func parseLegacy(data []byte) (*legacy, *document, error) {
	s := &legacy{cursor: cursor{format: legacyFormat, data: data}}
	d := &document{best: -1, targets: 1}
	end := len(data)
	if bytes.HasPrefix(data, []byte(serialized)) {
		s.pos = len(serialized)
		size := s.u64()
		if s.failed || size > uint64(len(data)-s.pos) { //nolint:gosec // not negative
			return s, nil, s.fail("the model claims %d bytes, %d remain", size, len(data)-s.pos)
		}
		end = s.pos + int(size) //nolint:gosec // at most what remains
		config := newJSON(data[end:])
		if err := d.booster.config(config); err != nil {
			return s, nil, err
		}
	}
	s.data = data[:end]
	if bytes.HasPrefix(s.data[s.pos:], []byte(legacyMagic)) {
		s.pos += len(legacyMagic)
	}
	err := d.legacyHeader(s)
	if err == nil {
		err = d.legacyBooster(s)
	}
	if err == nil {
		err = d.legacyTail(s)
	}
	return s, d, err
}

// legacyHeader reads the learner's parameters and the names behind them.
func (d *document) legacyHeader(s *legacy) error {
	b := s.take(legacyLearner)
	if s.failed {
		return s.fail("the file ends in its header")
	}
	at := func(i int) int32 { return int32(binary.LittleEndian.Uint32(b[4*i:])) } //nolint:gosec // two's complement is the format
	score := math.Float32frombits(uint32(at(0)))                                  //nolint:gosec // the bits
	features, classes, targets := at(1), at(2), at(7)
	major, minor := at(5), at(6)
	switch {
	case score != score || math.IsInf(float64(score), 0):
		return s.fail("base_score is %v", score)
	case features < 0 || features > model.MaxColumns || classes < 0 || classes > model.MaxScores || targets < 0 || targets > model.MaxScores:
		return s.fail("%d features, %d classes and %d targets", features, classes, targets)
	case at(3)|at(4)|1 != 1 || major < 0 || major > 99 || minor < 0 || minor > 99:
		return s.fail("this is no header of the binary format")
	}
	d.baseScore, d.features, d.classes, d.targets = []float32{score}, int(features), int(classes), max(1, int(targets))
	d.version = [3]int{int(major), int(minor), 0}
	d.extra, d.metrics = at(3) != 0, at(4) != 0
	if major == 0 {
		// Before 1.0 the version was not kept. 0.90 was the last.
		d.version, d.rawBase = [3]int{0, 90, 0}, true
	}
	d.objective, d.booster.name = s.text(), s.text()
	if s.failed {
		return s.fail("the file ends in the names of objective and booster")
	}
	return nil
}

func (d *document) legacyBooster(s *legacy) error {
	b := &d.booster
	switch b.name {
	case "gbtree", "dart":
		return d.legacyForest(s)
	case "gblinear":
		s.take(legacyLinear)
		if b.weights = s.floats(); s.failed {
			return s.fail("the file ends in its weights")
		}
		return nil
	}
	return unsupported("the booster "+strconv.Quote(b.name), "gbtree, dart and gblinear")
}

func (d *document) legacyForest(s *legacy) error {
	b := &d.booster
	p := s.take(legacyForest)
	if s.failed {
		return s.fail("the file ends in the forest's parameters")
	}
	trees := int32(binary.LittleEndian.Uint32(p)) //nolint:gosec // two's complement is the format
	if trees < 0 || int(trees) > (len(s.data)-s.pos)/legacyTree {
		return s.fail("%d trees are announced in %d bytes", trees, len(s.data)-s.pos)
	}
	if d.since(1, 6) {
		b.parallel = int(narrow(int64(binary.LittleEndian.Uint32(p[4:]))))
	}
	if buffered := binary.LittleEndian.Uint64(p[16:]); buffered != 0 {
		return unsupported("a binary file with a prediction buffer (before 0.40)", "files of 0.72 and later")
	}
	var t rawTree
	for range trees {
		if err := t.readLegacy(s); err != nil {
			return err
		}
		if err := b.add(s, &t); err != nil {
			return err
		}
	}
	b.groups = s.int32s(int(trees))
	if b.name == "dart" && trees > 0 {
		b.drop = s.floats()
	}
	if s.failed {
		return s.fail("the file ends in what follows the trees")
	}
	return nil
}

// readLegacy reads a tree: its nodes, and statistics, which decide nothing.
func (t *rawTree) readLegacy(s *legacy) error {
	p := s.take(legacyTree)
	if s.failed {
		return s.fail("the file ends in a tree's parameters")
	}
	t.vector = 1
	if vector := binary.LittleEndian.Uint32(p[20:]); vector > 1 {
		return unsupported("leaves of several values in the binary format", "one value a leaf")
	}
	n := int(narrow(int64(binary.LittleEndian.Uint32(p[4:]))))
	if n < 1 || n > (len(s.data)-s.pos)/(legacyNode+legacyStatistics) {
		return s.fail("a tree of %d nodes in %d bytes", n, len(s.data)-s.pos)
	}
	nodes := s.take(n * legacyNode)
	s.take(n * legacyStatistics)
	t.left, t.right = sized(t.left, n)[:n], sized(t.right, n)[:n]
	t.feature, t.defaultLeft = sized(t.feature, n)[:n], sized(t.defaultLeft, n)[:n]
	if cap(t.condition) < n {
		t.condition = make([]float32, n)
	}
	t.condition = t.condition[:n]
	t.splitType, t.catNodes = t.splitType[:0], t.catNodes[:0]
	for i := range n {
		node := nodes[i*legacyNode:]
		at := func(k int) uint32 { return binary.LittleEndian.Uint32(node[4*k:]) }
		t.left[i], t.right[i] = int32(at(1)), int32(at(2))                        //nolint:gosec // two's complement is the format
		t.feature[i], t.defaultLeft[i] = int32(at(3)&(1<<31-1)), int32(at(3)>>31) //nolint:gosec // 31 bits, and one
		t.condition[i] = math.Float32frombits(at(4))
	}
	return nil
}

// legacyTail reads the attributes and what old versions put behind them.
func (d *document) legacyTail(s *legacy) error {
	if d.extra {
		for range s.count(16) {
			key, value := s.text(), s.text()
			switch key {
			case "scikit_learn":
				d.wrapper = value
			case "best_iteration":
				n, err := strconv.Atoi(value)
				if err != nil || n < -1 || n >= math.MaxInt32 {
					return s.fail("best_iteration is %.40q", value)
				}
				d.best = n
			}
		}
	}
	if d.version[0] == 0 && d.objective == "count:poisson" {
		s.text() // max_delta_step
	}
	if d.metrics {
		for range s.count(8) {
			s.text()
		}
	}
	switch {
	case s.failed:
		return s.fail("the file ends in its attributes")
	case s.pos != len(s.data):
		return s.fail("%d bytes after the model", len(s.data)-s.pos)
	}
	return nil
}

// take returns the next n bytes. Where they are not there, nothing more is, and
// what is read counts for nothing.
func (s *legacy) take(n int) []byte {
	if s.failed || n < 0 || n > len(s.data)-s.pos {
		s.failed = true
		return nil
	}
	b := s.data[s.pos : s.pos+n]
	s.pos += n
	return b
}

func (s *legacy) u64() uint64 {
	b := s.take(8)
	if s.failed {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// count reads the length of a vector whose elements take so many bytes at least.
func (s *legacy) count(least int) int {
	n := s.u64()
	if n > uint64((len(s.data)-s.pos)/least) { //nolint:gosec // not negative
		s.failed = true
		return 0
	}
	return int(n) //nolint:gosec // at most what remains
}

func (s *legacy) text() string { return string(s.take(s.count(1))) }

func (s *legacy) floats() []float32 {
	b := s.take(4 * s.count(4))
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

func (s *legacy) int32s(n int) []int32 {
	b := s.take(4 * n)
	out := make([]int32, len(b)/4)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32(b[4*i:])) //nolint:gosec // two's complement is the format
	}
	return out
}
