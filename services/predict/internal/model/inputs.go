package model

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/treehouse-ml/treehouse/services/scoring"
)

// Inputs finds a model's features by name.
//
// A name that is exactly a feature's always means it. Else camelCase and
// snake_case stand for each other, totalRooms for total_rooms, as long as only
// one feature can be meant; and so do a space and an underscore, which LightGBM
// writes for it.
type Inputs struct {
	features []scoring.Feature
	index    map[string]int
}

// NewInputs makes the names of a signature's features.
func NewInputs(s *scoring.Signature) *Inputs {
	in := &Inputs{features: s.Features, index: make(map[string]int, 2*len(s.Features))}
	for i, f := range s.Features {
		in.index[f.Name] = i
	}
	const ambiguous = -1
	aliases := make(map[string]int, len(s.Features))
	for i, f := range s.Features {
		for _, alias := range []string{camelCase(f.Name), snakeCase(f.Name), strings.ReplaceAll(f.Name, "_", " ")} {
			if j, taken := aliases[alias]; taken && j != i {
				aliases[alias] = ambiguous
			} else {
				aliases[alias] = i
			}
		}
	}
	for alias, i := range aliases {
		if _, exact := in.index[alias]; !exact && i != ambiguous {
			in.index[alias] = i
		}
	}
	return in
}

// Find returns the position of the feature that is called name.
func (in *Inputs) Find(name string) (int, bool) {
	i, ok := in.index[name]
	if !ok && strings.Contains(name, " ") { // beside underscores of its own
		i, ok = in.index[strings.ReplaceAll(name, " ", "_")]
	}
	return i, ok
}

// maxListed keeps an error about a model of thousands of features readable.
const maxListed = 30

// Names lists the features for people.
func (in *Inputs) Names() string {
	var b strings.Builder
	for i, f := range in.features {
		if i == maxListed {
			fmt.Fprintf(&b, " and %d more", len(in.features)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(f.Name)
	}
	return b.String()
}

// camelCase turns total_rooms into totalRooms. Underscores at the start stay.
func camelCase(s string) string {
	var b strings.Builder
	upper := false
	for i, r := range s {
		switch {
		case r == '_' && strings.Trim(s[:i], "_") != "":
			upper = true
		case upper:
			b.WriteRune(unicode.ToUpper(r))
			upper = false
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// snakeCase turns totalRooms into total_rooms and HTTPCode into http_code.
func snakeCase(s string) string {
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) && runes[i-1] != '_' {
			afterLower := !unicode.IsUpper(runes[i-1])
			beforeLower := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if afterLower || beforeLower {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
