package xgboost

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// legacyFile is a model that the library wrote in the binary format.
func legacyFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../testdata", name, "model.bst"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestLegacyIsToldByContent(t *testing.T) {
	for _, name := range []string{"xgboost-0.90/binary-forest", "xgboost-1.0.2/binary-dart", "xgboost-1.4.2/binary-linear"} {
		if !Sniff(legacyFile(t, name)[:256]) {
			t.Errorf("Sniff does not know %s", name)
		}
	}
	for name, data := range map[string][]byte{
		"zeros":             make([]byte, 4096),
		"text":              []byte(strings.Repeat("tree\nversion=v4\n", 40)),
		"pickle":            append([]byte("\x80\x04\x95"), make([]byte, 300)...),
		"a header alone":    legacyFile(t, "xgboost-0.90/binary-forest")[:150],
		"another booster's": []byte(strings.Replace(string(legacyFile(t, "xgboost-0.90/binary-forest")), "gbtree", "forest", 1)),
	} {
		if Sniff(data) {
			t.Errorf("Sniff takes %s for a model", name)
		}
	}
}

// No prefix of a binary model is a model, and nothing may follow one.
func TestLegacyTruncated(t *testing.T) {
	for _, name := range []string{"xgboost-0.90/binary-poisson", "xgboost-1.0.2/binary-dart", "xgboost-1.4.2/binary-linear"} {
		data := legacyFile(t, name)
		if _, err := Read(data, Wrapper{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for n := range data {
			if _, err := Read(data[:n], Wrapper{}); err == nil {
				t.Fatalf("%s: the first %d bytes of %d are a model", name, n, len(data))
			}
		}
		if _, err := Read(append(data[:len(data):len(data)], 0), Wrapper{}); err == nil || !strings.Contains(err.Error(), "1 bytes after the model") {
			t.Errorf("%s with a byte more: %v", name, err)
		}
	}
}

func TestLegacyRefused(t *testing.T) {
	good := legacyFile(t, "xgboost-1.4.2/binary-forest")
	learner := len(legacyMagic)
	forest := learner + legacyLearner + 8 + len("reg:squarederror") + 8 + len("gbtree")
	tree := forest + legacyForest
	node := tree + legacyTree
	for _, c := range []struct {
		name  string
		at    int
		value uint32
		want  string
	}{
		{"base score NaN", learner, 0x7fc00000, "base_score is NaN"},
		{"features", learner + 4, 1 << 31, "features"},
		{"classes", learner + 8, 1 << 20, "classes"},
		{"flag", learner + 12, 2, "no header"},
		{"version", learner + 20, 1000, "no header"},
		{"a name as long as memory", learner + legacyLearner + 4, 1 << 30, "ends in the names"},
		{"trees", forest, 1 << 30, "trees are announced"},
		{"negative trees", forest, 1 << 31, "trees are announced"},
		{"prediction buffer", forest + 16, 1, "prediction buffer"},
		{"nodes", tree + 4, 1 << 30, "nodes in"},
		{"no nodes", tree + 4, 0, "a tree of 0 nodes"},
		{"vector leaves", tree + 20, 3, "several values"},
		{"cycle", node + 4, 0, "do not follow each other"},
		{"child beyond", node + 4, 1 << 20, "do not follow each other"},
		{"feature", node + 12, 77, "feature 77"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad := append([]byte(nil), good...)
			binary.LittleEndian.PutUint32(bad[c.at:], c.value)
			m, err := Read(bad, Wrapper{})
			var format *model.FormatError
			var unsupported *model.UnsupportedError
			if m != nil || !errors.As(err, &format) && !errors.As(err, &unsupported) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, %v; want an error with %q", m, err, c.want)
			}
		})
	}
}

// The handle of a Booster that 1.0 to 1.2 pickled: the size of the binary
// model in front, its configuration behind.
func TestSerialized(t *testing.T) {
	binaryModel := legacyFile(t, "xgboost-1.2.1/binary-forest")
	wrap := func(size int, config string) []byte {
		return append(append(binary.LittleEndian.AppendUint64([]byte(serialized), uint64(size)), binaryModel...), config...)
	}
	const config = `{"learner":{"gradient_booster":{"gbtree_train_param":{"num_parallel_tree":"3"}}}}`
	m, err := Read(wrap(len(binaryModel), config), Wrapper{Embedded: true, Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	// The one above the round's three adds the base.
	if got := len(m.Estimator.(*model.Ensemble).Trees); got != 4 {
		t.Errorf("one round of a forest of three has %d trees", got)
	}
	for name, data := range map[string][]byte{
		"a size beyond the end": wrap(1<<40, config),
		"a size too small":      wrap(len(binaryModel)-1, config),
		"no configuration":      wrap(len(binaryModel), ""),
		"only the start":        []byte(serialized),
	} {
		if _, err := Read(data, Wrapper{Embedded: true}); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}
