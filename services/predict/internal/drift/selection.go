package drift

import (
	"fmt"
	"slices"
	"strings"
)

// maxFeatures is the most features of a model whose bins are counted.
const maxFeatures = 20

// A Selection says, by model, of which features the bins are counted.
type Selection map[string]selected

type selected struct {
	all   bool
	names []string
}

func (s selected) has(feature string) bool { return s.all || slices.Contains(s.names, feature) }

// ParseSelection reads a selection: housing=median_income,households for two
// features of a model, churn=* for all, with a semicolon between models.
func ParseSelection(text string) (Selection, error) {
	s := Selection{}
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, features, found := strings.Cut(part, "=")
		if name = strings.TrimSpace(name); !found || name == "" {
			return nil, fmt.Errorf("%q; expected MODEL=FEATURE,FEATURE or MODEL=*, with ; between models", part)
		}
		if _, twice := s[name]; twice {
			return nil, fmt.Errorf("model %q is there twice", name)
		}
		var of selected
		for feature := range strings.SplitSeq(features, ",") {
			switch feature = strings.TrimSpace(feature); {
			case feature == "":
				return nil, fmt.Errorf("model %q: a feature's name is empty", name)
			case feature == "*":
				of.all = true
			case slices.Contains(of.names, feature):
				return nil, fmt.Errorf("model %q: feature %q is there twice", name, feature)
			default:
				of.names = append(of.names, feature)
			}
		}
		if len(of.names) > maxFeatures {
			return nil, fmt.Errorf("model %q has %d features; at most %d are counted", name, len(of.names), maxFeatures)
		}
		s[name] = of
	}
	return s, nil
}
