package leafset

import "github.com/treehouse-ml/treehouse/services/scoring/internal/engine/instructions"

// Cost estimates what Exits takes, in nanoseconds as measured on one server
// processor.
func (f *Forest) Cost() float64 {
	chunk := 14.0
	switch {
	case f.use >= instructions.AVX512VBMI:
		chunk = 5
	case f.use >= instructions.AVX512:
		chunk = 6.5
	}
	return chunk * float64(len(f.chunks)/chunkSize)
}
