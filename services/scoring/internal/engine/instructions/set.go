// Package instructions tells which vector instructions this processor has, in
// steps: kernels are written for a [Set] and run on every later one.
package instructions

import (
	"fmt"
	"strings"

	"golang.org/x/sys/cpu"
)

// A Set is what a kernel may use of a processor. Each has all that those before
// it have.
type Set uint8

const (
	// Portable is what Go compiles for every processor.
	Portable Set = iota
	// AVX2 comes with BMI2 and POPCNT: Intel from Haswell on, AMD from
	// Excavator on.
	AVX2
	// AVX512 is AVX-512 F, BW, CD, DQ and VL: Intel servers from Skylake on.
	AVX512
	// AVX512VBMI adds permutations of bytes: Intel servers from Ice Lake on,
	// AMD from Zen 4 on.
	AVX512VBMI
)

var names = [...]string{Portable: "portable", AVX2: "avx2", AVX512: "avx512", AVX512VBMI: "avx512vbmi"}

func (s Set) String() string { return names[s] }

// Best is the last set that this processor has.
func Best() Set {
	return best(&features{
		avx2:   cpu.X86.HasAVX2 && cpu.X86.HasBMI2 && cpu.X86.HasPOPCNT,
		avx512: cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512CD && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL,
		vbmi:   cpu.X86.HasAVX512VBMI,
	})
}

// QuickGathers reports whether loads from many places at once are quick, and
// not slowed down by a mitigation of Gather Data Sampling: so it is on
// processors that have both VBMI, unlike Cooper Lake, and BF16, unlike Ice
// Lake.
func QuickGathers() bool { return Best() >= AVX512VBMI && cpu.X86.HasAVX512BF16 }

type features struct{ avx2, avx512, vbmi bool }

func best(f *features) Set {
	switch {
	case f.avx2 && f.avx512 && f.vbmi:
		return AVX512VBMI
	case f.avx2 && f.avx512:
		return AVX512
	case f.avx2:
		return AVX2
	}
	return Portable
}

// Available are the sets that this processor has, Portable first.
func Available() []Set {
	var all []Set
	for s := Portable; s <= Best(); s++ {
		all = append(all, s)
	}
	return all
}

// AtMost is the best set of this processor that is not beyond the named one;
// no name is no bound.
func AtMost(name string) (Set, error) {
	if name == "" {
		return Best(), nil
	}
	for s, known := range names {
		if name == known {
			return min(Set(s), Best()), nil
		}
	}
	return Portable, fmt.Errorf("unknown instructions %q, want one of %s", name, strings.Join(names[:], ", "))
}
