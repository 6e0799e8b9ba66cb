package catboost

import (
	"encoding/binary"
	"math"

	"github.com/treehouse-ml/treehouse/services/scoring/internal/model"
)

// What stands in a bucket of a table's index that no key has taken.
const (
	bucketSize = 12
	emptyKey   = math.MaxUint64
	noCounts   = math.MaxUint32
)

func readBase(t table) ctrBase {
	c := t.child(baseCombination)
	b := ctrBase{kind: ctrKind(t.octet(baseKind, 0)), classifier: t.integer(baseClassifier, 0), categories: c.integers(combinationCategories)}
	floats := c.vector(combinationFloats, 8)
	for i := 0; i < len(floats); i += 8 {
		border := math.Float32frombits(binary.LittleEndian.Uint32(floats[i+4:]))
		b.floats = append(b.floats, floatTest{int32(binary.LittleEndian.Uint32(floats[i:])), border}) // #nosec G115 -- stored signed
	}
	values := c.vector(combinationValues, 8)
	for i := 0; i < len(values); i += 8 {
		b.values = append(b.values, valueTest{int32(binary.LittleEndian.Uint32(values[i:])), int32(binary.LittleEndian.Uint32(values[i+4:]))}) // #nosec G115 -- stored signed
	}
	return b
}

// readTables reads the part of CTR tables: their number, then each.
func (d *document) readTables(p *parts) error {
	n, err := p.size()
	if err != nil {
		return err
	}
	d.tables = make(map[string]*ctrTable)
	for range n {
		f, err := p.next()
		if err != nil {
			return err
		}
		t := readTable(f)
		if f.err != nil {
			return f.err
		}
		key := t.base.key()
		if d.tables[key] != nil {
			return p.fail("a CTR table is there twice")
		}
		d.tables[key] = t
	}
	return nil
}

// readTable brings the counts of a table into the order of its keys.
func readTable(f *flat) *ctrTable {
	root := f.root()
	t := &ctrTable{base: readBase(root.child(tableBase)), denominator: root.integer(tableDenominator, 0), classes: root.integer(tableTargetClasses, 0)}
	buckets, blob := root.vector(tableIndex, 1), root.vector(tableBlob, 1)
	if len(buckets)%bucketSize != 0 {
		f.fail(0, "%d bytes of buckets", len(buckets))
	}
	width := 1
	switch t.base.kind {
	case ctrBorders, ctrBuckets:
		if width = int(t.classes); width < 1 || width > model.MaxScores {
			f.fail(0, "%d classes of a target", t.classes)
		}
	case ctrBinarizedMean, ctrFloatMean:
		width = 2
	case ctrCounter, ctrFrequency:
	default:
		f.fail(0, "a CTR of kind %d", t.base.kind)
	}
	for i := 0; i < len(buckets) && f.err == nil; i += bucketSize {
		key, at := binary.LittleEndian.Uint64(buckets[i:]), binary.LittleEndian.Uint32(buckets[i+8:])
		if key == emptyKey || at == noCounts {
			continue
		}
		if n := len(blob) / 4 / width; int(at) >= n || len(t.keys) == n {
			f.fail(0, "the counts %d of %d, of key %d", at, n, len(t.keys))
			break
		}
		t.keys = append(t.keys, key)
		t.add(blob[int(at)*width*4:][:width*4])
	}
	return t
}

// add takes the counts of a key.
func (t *ctrTable) add(raw []byte) {
	if t.base.kind == ctrBinarizedMean || t.base.kind == ctrFloatMean {
		t.sums = append(t.sums, math.Float32frombits(binary.LittleEndian.Uint32(raw)))
		raw = raw[4:]
	}
	for ; len(raw) > 0; raw = raw[4:] {
		t.counts = append(t.counts, int32(binary.LittleEndian.Uint32(raw))) // #nosec G115 -- stored signed
	}
}
