package xgboost

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

// A number is the float32 that strconv makes of it, whatever its digits; what
// strconv refuses is not ok.
func TestDecimal32(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	texts := []string{
		"", "-", ".", "-.", "1.", ".5", "1..2", "E5", "1E", "1E+", "1e5", "1E-99", "1E999", "0", "-0", "0.0", "1x", "+1",
		"3.4028235E38", "3.4028236E38", "1E-45", "1.17549435E-38", "16777217", "16777217.0000001", "123456789012345", "1234567890123456",
		"8388608.5", "8388609.5", "8388609.50000001", "1E22", "1E23",
	}
	for range 200_000 {
		x := math.Float32frombits(r.Uint32())
		if r.IntN(2) == 0 {
			x = float32(r.NormFloat64())
		}
		format := []byte{'E', 'f', 'g'}[r.IntN(3)]
		texts = append(texts, strconv.FormatFloat(float64(x), format, r.IntN(12)-1, 32))
		// Half a unit above a float32, and next to it.
		half := (float64(x) + float64(math.Nextafter32(x, 1e38))) / 2
		texts = append(texts, strconv.FormatFloat(half, 'E', -1, 64))
	}
	quick := 0
	for _, text := range texts {
		got, ok := decimal32([]byte(text))
		want, err := strconv.ParseFloat(text, 32)
		if !ok {
			continue
		}
		quick++
		if err != nil || math.Float32bits(got) != math.Float32bits(float32(want)) {
			t.Errorf("%q is %v, want %v, %v", text, got, want, err)
		}
	}
	if quick < len(texts)/3 {
		t.Errorf("%d of %d numbers are read the quick way", quick, len(texts))
	}
}
