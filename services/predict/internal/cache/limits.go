package cache

import (
	"fmt"
	"strconv"
	"strings"
)

// The least and most that a model's answers may take.
const (
	minBytes = 1 << 20
	maxBytes = 64 << 30
)

// ParseLimits reads "housing=64MiB,churn=1GiB": models, and the most bytes that
// the answers of each may take. Without a unit they are bytes. An empty text
// is no model.
func ParseLimits(text string) (map[string]int64, error) {
	limits := map[string]int64{}
	if strings.TrimSpace(text) == "" {
		return limits, nil
	}
	for entry := range strings.SplitSeq(text, ",") {
		name, size, found := strings.Cut(strings.TrimSpace(entry), "=")
		if name = strings.TrimSpace(name); !found || name == "" {
			return nil, fmt.Errorf("%q; expected MODEL=SIZE, separated by commas, as in housing=64MiB", entry)
		}
		if _, twice := limits[name]; twice {
			return nil, fmt.Errorf("model %q is there twice", name)
		}
		bytes, err := parseBytes(strings.TrimSpace(size))
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", name, err)
		}
		limits[name] = bytes
	}
	return limits, nil
}

func parseBytes(text string) (int64, error) {
	digits, unit := text, int64(1)
	for suffix, times := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if d, ok := strings.CutSuffix(text, suffix); ok {
			digits, unit = d, times
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > maxBytes/unit || n*unit < minBytes {
		return 0, fmt.Errorf("the size is %q; expected 1MiB to 64GiB, a whole number of bytes, KiB, MiB or GiB", text)
	}
	return n * unit, nil
}
