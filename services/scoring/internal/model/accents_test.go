package model

import "testing"

// Accents go as scikit-learn's strip_accents takes them off; a text of ASCII costs no memory.
func TestStripAccents(t *testing.T) {
	const text = "naïve ﬁ ½ ß 각 東京 e\u0301 x²"
	for how, want := range map[Accents]string{
		ASCIIOnly: "naive fi 12    e x2",
		NoAccents: "naive fi 1⁄2 ß \u1100\u1161\u11a8 東京 e x2",
	} {
		if got := string(StripAccents(nil, []byte(text), how)); got != want {
			t.Errorf("%d: got %q, want %q", how, got, want)
		}
		room, plain := make([]byte, 0, 64), []byte("plain text")
		if n := testing.AllocsPerRun(10, func() { room = StripAccents(room[:0], plain, how) }); n != 0 {
			t.Errorf("%d: %v allocations", how, n)
		}
	}
}
