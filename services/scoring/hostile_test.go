package scoring

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cost is what opening a file takes: processor time, and bytes allocated, which bound the
// memory in use at any moment from above.
func cost(t testing.TB, data []byte) (took time.Duration, bytesUsed int64, err error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := ProcessorTime()
	_, err = Open(bytes.NewReader(data), &Options{AllowUntested: true})
	took = ProcessorTime() - begin
	runtime.ReadMemStats(&after)
	return took, int64(after.TotalAlloc - before.TotalAlloc), err //nolint:gosec // a test allocates less
}

// What is said in docs/hostile-files.md of any file, damaged or made to harm.
const (
	mostTime   = 5 * time.Second
	mostMemory = 64 << 20
	mostRatio  = 32 // bytes a byte of the file
)

// Files of every kind, cut off and with bytes changed in many places, are
// opened or refused, soon and in little memory.
func TestDamagedFilesAreCheap(t *testing.T) {
	paths, err := filepath.Glob("testdata/*-*/*/model.*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	r := rand.New(rand.NewPCG(7, 8))
	tries, refused := 0, 0
	for i, path := range paths {
		if strings.HasSuffix(path, ".yaml") || i%3 != 0 || testing.Short() && i%30 != 0 {
			continue
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 12 {
			data := bytes.Clone(whole)
			if n < 4 {
				data = data[:r.IntN(len(data))]
			} else {
				for range 1 + n/4 { // mostly the lengths, counts and types that stand in front
					data[r.IntN(1+len(data)>>r.IntN(6))%len(data)] = byte(r.Uint32())
				}
			}
			took, used, err := cost(t, data)
			if tries++; err != nil {
				refused++
			}
			if took > mostTime || used > mostMemory+mostRatio*int64(len(data)) {
				t.Errorf("%s, damage %d: %v and %d bytes for %d", path, n, took, used, len(data))
			}
			var format *FormatError
			var unsupported *UnsupportedError
			if err != nil && !errors.As(err, &format) && !errors.As(err, &unsupported) {
				t.Errorf("%s, damage %d: %T %v", path, n, err, err)
			}
		}
	}
	t.Logf("%d damaged files, %d of them refused", tries, refused)
}

// A small file that claims many outputs takes little memory, and is refused where
// they are more than its trees could have.
func TestClaimedOutputs(t *testing.T) {
	file, err := os.ReadFile("testdata/xgboost-0.90/binary-forest/model.bst")
	if err != nil {
		t.Fatal(err)
	}
	header := len("binf") * bytes.Count(file[:4], []byte("binf"))
	text, err := os.ReadFile("testdata/xgboost-1.7.6/booster-forest-json/model.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, classes := range []int{1000, 1025, 60_000, 1 << 16} {
		legacy := bytes.Clone(file)
		binary.LittleEndian.PutUint32(legacy[header+8:], uint32(classes))
		claims := regexp.MustCompile(`"num_class":"\d+"`).ReplaceAll(text, []byte(fmt.Sprintf(`"num_class":"%d"`, classes)))
		for name, data := range map[string][]byte{"binary": legacy, "JSON": claims} {
			_, used, err := cost(t, data)
			if used > 8<<20 {
				t.Errorf("%s, %d classes: %d bytes are allocated", name, classes, used)
			}
			if refused := err != nil; refused != (classes > 1024) {
				t.Errorf("%s, %d classes: %v", name, classes, err)
			}
		}
	}
}

// A large file takes at most so many times its size: docs/hostile-files.md has
// the numbers. Those of pickle, joblib and skops are held by make bench-load.
func TestMemoryOfALargeFile(t *testing.T) {
	for name, c := range map[string]struct {
		data  []byte
		times float64
	}{
		"XGBoost JSON":   {hundredTrees(t), 4},
		"XGBoost binary": {manyLegacyTrees(t, 5000), 6},
		"LightGBM text":  {manyLightGBMTrees(t, 3000), 6},
	} {
		_, used, err := cost(t, c.data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		ratio := float64(used) / float64(len(c.data))
		t.Logf("%s: %d bytes, %.2f times as many allocated", name, len(c.data), ratio)
		if RaceDetector {
			c.times *= 2 // it allocates for itself
		}
		if ratio > c.times {
			t.Errorf("%s: opening %d bytes allocates %.1f times as many; at most %v", name, len(c.data), ratio, c.times)
		}
	}
}

// manyLegacyTrees repeats the trees of a file in XGBoost's binary format.
func manyLegacyTrees(t *testing.T, times int) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/xgboost-1.4.2/binary-forest/model.bst")
	if err != nil {
		t.Fatal(err)
	}
	name := bytes.Index(data, []byte("gbtree")) + len("gbtree")
	trees := name + 160
	count, end := int(data[name]), trees
	for range count {
		end += 148 + 36*int(data[end+4]) // by the number of its nodes
	}
	out := bytes.Clone(data[:trees])
	many := count * times
	out[name], out[name+1], out[name+2] = byte(many), byte(many>>8), byte(many>>16)
	out = append(out, bytes.Repeat(data[trees:end], times)...)
	out = append(out, make([]byte, 4*many)...)
	return append(out, data[end+4*count:]...)
}

// manyLightGBMTrees repeats the first tree of a text.
func manyLightGBMTrees(t *testing.T, times int) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/lightgbm-4.7.0/booster-deep/model.txt")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	first, second := strings.Index(text, "Tree=0"), strings.Index(text, "Tree=1")
	end := strings.Index(text, "end of trees")
	header := regexp.MustCompile(`(?m)^tree_sizes=.*$`).ReplaceAllString(text[:first], "tree_sizes="+strings.TrimSpace(strings.Repeat("1 ", times)))
	var b strings.Builder
	b.WriteString(header)
	tree := strings.TrimPrefix(text[first:second], "Tree=0")
	for i := range times {
		b.WriteString("Tree=" + strconv.Itoa(i) + tree)
	}
	b.WriteString(text[end:])
	return []byte(b.String())
}

// Each test and fuzz target that docs/hostile-files.md names exists.
func TestHostileFilesDocument(t *testing.T) {
	text, err := os.ReadFile("../../docs/hostile-files.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z./]*)((?:Test|Fuzz)[A-Za-z]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 30 {
		t.Fatalf("%d tests are named", len(named))
	}
	for _, n := range named {
		directory := "."
		if n[1] != "" {
			directory = filepath.Join("internal", n[1])
		}
		found := false
		files, _ := filepath.Glob(filepath.Join(directory, "*_test.go"))
		for _, f := range files {
			source, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found = found || bytes.Contains(source, []byte(fmt.Sprintf("func %s(", n[2])))
		}
		if !found {
			t.Errorf("there is no %s in %s", n[2], directory)
		}
	}
}
