package cache

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Whatever is put into a shard, of any length and in any order, a key is found
// with the value that it had last, or not at all; even where all hashes are
// the same. And it never takes more memory than it was given.
func TestShard(t *testing.T) {
	for _, hashes := range []uint64{1, 3, 1 << 40} {
		t.Run(fmt.Sprint(hashes, " hashes"), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, hashes))
			const size = 8 << 10
			s := newShard(size)
			values := map[string]string{}
			found := 0
			for i := range 50_000 {
				n := r.IntN(300)
				key := fmt.Sprintf("%d/%d%s", n%7, n, strings.Repeat("k", n%50))
				hash := uint64(n) % hashes
				if value := s.find(hash, []byte(key)); value != nil {
					found++
					if want := values[key]; string(value[:len(want)]) != want {
						t.Fatalf("step %d: %q has the value %q, want %q", i, key, value, want)
					}
					continue
				}
				value := strings.Repeat(string(rune('a'+i%26)), r.IntN(40)+1)
				values[key] = value
				s.insert(hash, []byte(key), []byte(value))
				if got := s.find(hash, []byte(key)); got == nil || string(got[:len(value)]) != value {
					t.Fatalf("step %d: %q is not found as it was put: %q, want %q", i, key, got, value)
				}
				if held := s.next - s.oldest; held > uint64(len(s.ring)) || s.size() > size {
					t.Fatalf("step %d: %d bytes in a ring of %d, %d in all; it was given %d", i, held, len(s.ring), s.size(), size)
				}
				if i%5000 == 4999 {
					drops(t, s, "3/")
				}
			}
			if found < 1000 || s.evictions < 1000 {
				t.Errorf("%d found, %d evicted: this test does not show much", found, s.evictions)
			}
		})
	}
}

// drops has a shard drop a prefix and looks at what is left.
func drops(t *testing.T, s *shard, prefix string) {
	t.Helper()
	count := func() (with, without int) {
		for at := s.oldest; at < s.next; at += uint64(s.at(at).size()) {
			switch e := s.at(at); {
			case e.keyBytes() == 0:
			case strings.HasPrefix(string(e.key()), prefix):
				with++
			default:
				without++
			}
		}
		return with, without
	}
	had, others := count()
	s.drop([]byte(prefix))
	if has, kept := count(); had == 0 || has != 0 || kept != others {
		t.Errorf("dropping %q left %d of %d, and %d of %d others", prefix, has, had, kept, others)
	}
}

// What is asked again and again stays, whatever else comes by once.
func TestShardKeepsWhatIsUsed(t *testing.T) {
	s := newShard(16 << 10)
	popular := []byte("popular")
	s.insert(7, popular, []byte("value"))
	for i := range 10_000 {
		key := fmt.Appendf(nil, "once %d", i)
		s.insert(uint64(i), key, []byte("value"))
		if i%10 == 0 && s.find(7, popular) == nil {
			t.Fatalf("gone after %d others", i)
		}
	}
	if s.evictions < 9000 {
		t.Errorf("only %d evictions", s.evictions)
	}
}

// An entry that is a large part of the memory is not worth all that it evicts.
func TestShardRefusesLargeEntries(t *testing.T) {
	s := newShard(16 << 10)
	s.insert(1, []byte("small"), []byte("value"))
	s.insert(2, make([]byte, 4<<10), []byte("value"))
	if s.find(2, make([]byte, 4<<10)) != nil || s.find(1, []byte("small")) == nil {
		t.Error("a quarter of the memory was given to one entry")
	}
}
