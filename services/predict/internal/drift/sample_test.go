package drift

import (
	"math"
	"testing"
)

func TestShift(t *testing.T) {
	tests := []struct {
		name    string
		batches []int // rows of each, in one second
		want    []uint
	}{
		{"every row up to the full rate", []int{1, fullRate - 2, 1}, []uint{0, 0, 0}},
		{"then half of them", []int{fullRate, 1, fullRate - 1, 1}, []uint{0, 1, 1, 2}},
		{"a large request counts as a whole", []int{1000 * fullRate, 1}, []uint{10, 10}},
		{"the largest there is", []int{1 << 30}, []uint{22}},
	}
	for _, tt := range tests {
		var s sampler
		for second := range int64(3) { // each begins anew
			for i, n := range tt.batches {
				if got := s.shift(second, n); got != tt.want[i] {
					t.Errorf("%s: second %d, batch %d: 1 in 2^%d, want 2^%d", tt.name, second, i, got, tt.want[i])
				}
			}
		}
	}
}

// Each row is picked with the same probability wherever it stands in a batch
// and however large that is, and whether or not its neighbour is.
func TestPicksAreUnbiased(t *testing.T) {
	for _, shift := range []uint{0, 1, 3, 6} {
		for _, rows := range []int{1, 7, 300, 5000} {
			probability := math.Ldexp(1, -int(shift))
			repeats := 4_000_000/rows>>2 + 1
			var space [chunk]int32
			var picked, pairs, first, last float64
			for range repeats {
				p := picker{rows: rows, shift: shift}
				before := int32(-2)
				for {
					some := p.next(&space)
					if len(some) == 0 {
						break
					}
					for _, row := range some {
						if row <= before || int(row) >= rows {
							t.Fatalf("row %d of %d after %d", row, rows, before)
						}
						picked++
						if row == before+1 {
							pairs++
						}
						if int(row) < rows/2 {
							first++
						} else {
							last++
						}
						before = row
					}
				}
			}
			n := float64(repeats)
			near(t, "picked", picked, n*float64(rows), probability)
			near(t, "picked of the first half", first, n*float64(rows/2), probability)
			near(t, "picked of the second half", last, n*float64(rows-rows/2), probability)
			near(t, "picked with the row before", pairs, n*float64(rows-1), probability*probability)
		}
	}
}

// near holds a count of n trials to its expectation: within 6 standard
// deviations, beyond which it is by chance once in 500 million times. They are
// counted twice, because pairs of rows depend on each other.
func near(t *testing.T, what string, got, n, probability float64) {
	t.Helper()
	deviation := math.Sqrt(n * probability * (1 - probability))
	if math.Abs(got-n*probability) > 2*6*deviation+1e-9 {
		t.Errorf("%s: %v of %v, want %v ± %v", what, got, n, n*probability, deviation)
	}
}

// A stream whose rate changes, and with it what is in its rows, comes out as it
// is: the counters' expectation is that of counting every row.
func TestSampledCountersAreUnbiased(t *testing.T) {
	var total, ones, wantTotal, wantOnes float64
	for trial := range int64(300) {
		var s sampler
		for second, rate := range []int{500, 30_000, 8_000} { // the busy second has more ones
			const batch = 250
			for range rate / batch {
				shift := s.shift(trial*10+int64(second), batch)
				p := picker{rows: batch, shift: shift}
				var space [chunk]int32
				for rows := p.next(&space); len(rows) > 0; rows = p.next(&space) {
					for _, row := range rows {
						total += math.Ldexp(1, int(shift))
						if int(row)%10 < second {
							ones += math.Ldexp(1, int(shift))
						}
					}
				}
				wantTotal += batch
				wantOnes += batch / 10 * float64(second)
			}
		}
	}
	// The deviation of a second's sum is at most its rows' number over the root
	// of the full rate; of 300 trials' it is 0.15 % of the sum.
	for what, x := range map[string][2]float64{"rows": {total, wantTotal}, "ones": {ones, wantOnes}} {
		if off := math.Abs(x[0]/x[1] - 1); off > 0.01 {
			t.Errorf("%s: %v, want %v: %.2f %% off", what, x[0], x[1], 100*off)
		}
	}
}
