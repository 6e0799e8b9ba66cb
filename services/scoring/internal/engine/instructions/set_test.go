package instructions

import (
	"slices"
	"testing"
)

// A set counts only with all that those before it have.
func TestBest(t *testing.T) {
	for _, test := range []struct {
		features
		want Set
	}{
		{features{}, Portable},
		{features{avx2: true}, AVX2},
		{features{avx2: true, avx512: true}, AVX512},
		{features{avx2: true, avx512: true, vbmi: true}, AVX512VBMI},
		{features{avx512: true, vbmi: true}, Portable},
		{features{avx2: true, vbmi: true}, AVX2},
	} {
		if got := best(&test.features); got != test.want {
			t.Errorf("%+v: %v, want %v", test.features, got, test.want)
		}
	}
}

// A name bounds what is used, and does not ask for what is not there.
func TestAtMost(t *testing.T) {
	for _, s := range []Set{Portable, AVX2, AVX512, AVX512VBMI} {
		got, err := AtMost(s.String())
		if err != nil || got != min(s, Best()) {
			t.Errorf("%v: got %v and %v, want %v", s, got, err, min(s, Best()))
		}
	}
	if got, err := AtMost(""); err != nil || got != Best() {
		t.Errorf("no name: got %v and %v, want %v", got, err, Best())
	}
	want := `unknown instructions "avx", want one of portable, avx2, avx512, avx512vbmi`
	if _, err := AtMost("avx"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAvailable(t *testing.T) {
	all := Available()
	if all[0] != Portable || all[len(all)-1] != Best() || !slices.IsSorted(all) {
		t.Errorf("got %v, want all from %v to %v", all, Portable, Best())
	}
}
