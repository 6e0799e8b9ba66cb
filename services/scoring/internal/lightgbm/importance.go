package lightgbm

// importances are what the splits on each feature count, or gain.
type importances struct {
	gain    bool // they add up what splits gain; else they count those that gain something
	rounds  int  // how many rounds count; 0 for all
	byIndex []float64
}

// Importances returns the importance of each feature: "split" or "gain", as
// Booster.feature_importance does. Rounds limits the rounds that count, 0 for all. The text
// does not tell its version.
func Importances(data []byte, kind string, rounds int) (out []float64, version string, err error) {
	if kind != "split" && kind != "gain" {
		return nil, "", unsupported("importance_type="+kind, "split and gain")
	}
	s := &scanner{data: data}
	d := &document{sizes: -1, important: &importances{gain: kind == "gain", rounds: rounds}}
	if err := d.parse(s); err != nil {
		return nil, "", err
	}
	if d.version == "v2" {
		return nil, "", unsupported("importances of the text format v2", "LightGBM 3.0 or newer")
	}
	if out = d.important.byIndex; out == nil {
		out = make([]float64, len(d.names))
	}
	return out, "", nil
}

// add adds the splits of a tree of a round.
func (p *importances) add(s *scanner, t *rawTree, round, features int) error {
	if p == nil || p.rounds > 0 && round >= p.rounds {
		return nil
	}
	if p.byIndex == nil {
		p.byIndex = make([]float64, features)
	}
	if len(t.gain) != len(t.feature) && len(t.feature) > 0 {
		return s.fail("%d gains of %d splits", len(t.gain), len(t.feature))
	}
	for i, f := range t.feature {
		if f < 0 || int(f) >= features {
			return s.fail("a split on feature %d of %d", f, features)
		}
		switch {
		case p.gain:
			p.byIndex[f] += t.gain[i]
		case t.gain[i] > 0:
			p.byIndex[f]++
		}
	}
	return nil
}
