package model

import (
	"strings"
	"testing"
)

// The hashes that CatBoost 1.2.10 writes into JSON files as cat_features_hash.
func TestHashText(t *testing.T) {
	for text, want := range map[string]uint32{
		"35": 1551952625, "4": 4216280702, "z": 476319382, "x": 3510494104, "w w": 2718580454, "22": 1552969972,
	} {
		if got := uint32(HashText(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	seen := make(map[int32]int)
	for n := range 300 { // whatever the length, no panic and no constant
		h := HashText(strings.Repeat("é", n))
		if before, ok := seen[h]; ok {
			t.Errorf("%d and %d characters give %d", before, n, h)
		}
		seen[h] = n
	}
}
