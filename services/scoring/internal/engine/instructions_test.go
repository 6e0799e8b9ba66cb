package engine

import "testing"

// The environment bounds the instructions, and a value that means nothing is
// not ignored.
func TestBoundedBy(t *testing.T) {
	if got, err := boundedBy("portable"); err != nil || got != Portable {
		t.Errorf("portable: got %v and %v", got, err)
	}
	if got, err := boundedBy(""); err != nil || got != Vector {
		t.Errorf("nothing: got %v and %v, want %v", got, err, Vector)
	}
	want := `engine: TREEHOUSE_ENGINE: unknown instructions "sse", want one of portable, avx2, avx512, avx512vbmi`
	if _, err := boundedBy("sse"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
