package xgboost

import (
	"bytes"
	"fmt"
	"math"
	"slices"
)

// importances are how often trees split on each feature, and what that gained.
type importances struct{ splits, gains []float64 }

// Importances returns the importance of each feature, made to add up to 1: "gain" (which
// "" is, too), "weight" or "total_gain"; and the version that wrote the bytes. Versions
// add in float32, or print numbers before they do, so that it may be off by some 1e-5 of
// itself.
func Importances(data []byte, kind string, _ int) (out []float64, version string, err error) {
	if kind != "" && kind != "gain" && kind != "weight" && kind != "total_gain" {
		return nil, "", unsupported("importance_type="+kind, "gain, weight and total_gain")
	}
	if first := bytes.TrimLeft(data, " \t\r\n"); len(first) == 0 || first[0] != '{' {
		return nil, "", unsupported("importances of the binary format", "XGBoost 1.5 or newer")
	}
	p := &importances{}
	var s source = newJSON(data)
	if bytes.HasPrefix(data, []byte("{L")) {
		s = newUBJ(data)
	}
	d, err := parseFor(s, p)
	if err != nil {
		return nil, "", err
	}
	if slices.ContainsFunc(d.booster.vector, func(n int) bool { return n > 1 }) {
		return nil, "", unsupported("importances of trees with vectors", "trees of one output each")
	}
	if !d.since(1, 5) || d.booster.name != "gbtree" {
		return nil, "", unsupported("importances of "+d.booster.name+", or of before 1.5", "gbtree of XGBoost 1.5 or newer")
	}
	if len(p.splits) > d.features || d.features > max(fewFeatures, featuresPerByte*len(data)) {
		return nil, "", s.fail("a split on feature %d of %d", len(p.splits)-1, d.features)
	}
	out = make([]float64, d.features)
	var total float64
	for i, n := range p.splits {
		switch {
		case n == 0:
		case kind == "weight":
			out[i] = n
		case kind == "total_gain":
			out[i] = p.gains[i]
		default:
			out[i] = p.gains[i] / n
		}
		total += out[i]
	}
	for i := range out {
		if total != 0 {
			out[i] /= total
		}
	}
	return out, fmt.Sprintf("%d.%d.%d", d.version[0], d.version[1], d.version[2]), nil
}

// add adds the split at a node.
func (p *importances) add(s reporter, t *rawTree, node int32) error {
	if p == nil {
		return nil
	}
	if int(node) >= len(t.gain) {
		return s.fail("node %d has no loss_changes", node)
	}
	f, gain := int(t.feature[node]), float64(t.gain[node])
	if math.IsNaN(gain) || math.IsInf(gain, 0) || f >= maxImportant {
		return s.fail("node %d gains %v by feature %d", node, gain, f)
	}
	for len(p.splits) <= f {
		p.splits, p.gains = append(p.splits, 0), append(p.gains, 0)
	}
	p.splits[f]++
	p.gains[f] += gain
	return nil
}

// maxImportant bounds the features that importances are asked of.
const maxImportant = 1 << 20
