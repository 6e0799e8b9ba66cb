package catboost

import (
	"bytes"
	"encoding/binary"
	"math"
)

// The fields of the flatbuffers (catboost/libs/model/flatbuffers/*.fbs), by
// their numbers.
const (
	coreFormat, coreTrees, coreInfo, coreParts = 0, 1, 2, 3

	treesDimension, treesSplits, treesSizes                                = 0, 1, 2
	treesCategories, treesFloats, treesOneHots, treesCtrs, treesLeaves     = 4, 5, 6, 7, 8
	treesSteps, treesLeafIDs, treesTexts, treesEstimated                   = 10, 11, 12, 13
	treesScale, treesBias, treesMultiBias, treesEmbeddings                 = 14, 15, 16, 18
	floatHasNaN, floatIndex, floatFlat, floatBorders, floatName, floatNaN  = 0, 1, 2, 3, 4, 5
	categoryIndex, categoryFlat, categoryName, categoryUsed                = 0, 1, 2, 3
	oneHotIndex, oneHotValues, oneHotNames                                 = 0, 1, 2
	ctrFeatureCtr, ctrFeatureBorders                                       = 0, 1
	ctrBaseOf, ctrTarget, ctrPrior, ctrDenominator, ctrShift, ctrScale     = 0, 1, 2, 3, 4, 5
	baseCombination, baseKind, baseClassifier                              = 0, 1, 2
	combinationCategories, combinationFloats, combinationValues            = 0, 1, 2
	tableBase, tableIndex, tableBlob, tableDenominator, tableTargetClasses = 0, 1, 2, 3, 4
)

// The only version of the core's format, as its authors spell it, and of the
// one part that may follow.
const (
	coreVersion = "FlabuffersModel_v1"
	ctrsVersion = "static_provider_v1"
	magic       = "CBM1"
)

// readCBM reads the binary format: a core, then the parts it announces.
func readCBM(data []byte) (*document, error) {
	p := parts{data: data, pos: len(magic)}
	f, err := p.next()
	if err != nil {
		return nil, err
	}
	core := f.root()
	if v := core.text(coreFormat); f.err == nil && v != coreVersion {
		return nil, unsupported("the core format "+clip(v), coreVersion)
	}
	d := &document{format: formatCBM, info: info{}}
	core.each(coreInfo, func(t table) { d.info[t.text(0)] = bytes.Clone(t.vector(1, 1)) }) // the file may go
	trees := core.child(coreTrees)
	if trees.at == 0 {
		f.fail(0, "there are no trees")
	}
	d.readFeatures(trees)
	if f.err == nil {
		d.readTrees(trees)
	}
	if f.err != nil {
		return nil, f.err
	}
	for _, id := range core.texts(coreParts) {
		switch {
		case d.others != "":
			return d, nil // it is refused for them, and they have parts of their own
		case id != ctrsVersion:
			return nil, unsupported("a model part "+clip(id), ctrsVersion)
		}
		if err := d.readTables(&p); err != nil {
			return nil, err
		}
	}
	if f.err == nil && p.pos != len(data) {
		return nil, p.fail("%d bytes follow the model", len(data)-p.pos)
	}
	return d, f.err
}

// parts are a file's flatbuffers, each behind its size.
type parts struct {
	data []byte
	pos  int
}

func (p *parts) fail(what string, args ...any) error {
	f := flat{offset: int64(p.pos)}
	f.fail(0, what, args...)
	return f.err
}

// size reads a number of 32 bits or, where that is the greatest, of 64.
func (p *parts) size() (int, error) {
	rest := p.data[p.pos:]
	n, width := uint64(0), 4
	if len(rest) >= width {
		if n = uint64(binary.LittleEndian.Uint32(rest)); n == math.MaxUint32 {
			width = 12
		}
	}
	if len(rest) < width {
		return 0, p.fail("the file ends within a size")
	}
	if width == 12 {
		n = binary.LittleEndian.Uint64(rest[4:])
	}
	p.pos += width
	if n > uint64(len(p.data)-p.pos) {
		return 0, p.fail("the size %d; %d bytes follow", n, len(p.data)-p.pos)
	}
	return int(n), nil // #nosec G115 -- no more than the file
}

func (p *parts) next() (*flat, error) {
	n, err := p.size()
	if err != nil {
		return nil, err
	}
	f := &flat{data: p.data[p.pos : p.pos+n], offset: int64(p.pos)}
	p.pos += n
	return f, nil
}

func (d *document) readFeatures(t table) {
	d.dimension = int(t.integer(treesDimension, 0))
	d.scale = t.double(treesScale, 1)
	if d.bias = t.doubles(treesMultiBias); len(d.bias) == 0 {
		if b := t.double(treesBias, 0); b != 0 {
			d.bias = []float64{b}
		}
	}
	t.each(treesFloats, func(t table) {
		d.floats = append(d.floats, floatFeature{
			index: t.integer(floatIndex, -1), flat: t.integer(floatFlat, -1), borders: t.singles(floatBorders), name: t.text(floatName),
			hasNaN: t.octet(floatHasNaN, 0) != 0, missing: nanTreatment(t.octet(floatNaN, 0)),
		})
	})
	t.each(treesCategories, func(t table) {
		d.categories = append(d.categories, categoryFeature{
			index: t.integer(categoryIndex, -1), flat: t.integer(categoryFlat, -1), name: t.text(categoryName), unused: t.octet(categoryUsed, 1) == 0,
		})
	})
	t.each(treesOneHots, func(t table) {
		d.oneHots = append(d.oneHots, oneHot{t.integer(oneHotIndex, -1), t.integers(oneHotValues), t.texts(oneHotNames)})
	})
	t.each(treesCtrs, func(t table) {
		c := t.child(ctrFeatureCtr)
		d.ctrs = append(d.ctrs, ctr{
			base: readBase(c.child(ctrBaseOf)), border: c.integer(ctrTarget, 0), prior: c.single(ctrPrior, 0), denom: c.single(ctrDenominator, 1),
			shift: c.single(ctrShift, 0), factor: c.single(ctrScale, 1), borders: t.singles(ctrFeatureBorders),
		})
	})
	switch {
	case len(t.vector(treesTexts, 4)) > 0:
		d.others = "text"
	case len(t.vector(treesEmbeddings, 4)) > 0:
		d.others = "embedding"
	case len(t.vector(treesEstimated, 4)) > 0:
		d.others = "estimated"
	}
}

// Sniff tells whether a file that starts with these bytes may be a CatBoost
// model.
func Sniff(prefix []byte) bool {
	return bytes.HasPrefix(prefix, []byte(magic)) || sniffJSON(prefix)
}
