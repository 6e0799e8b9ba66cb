package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// maxRemembered bounds the tokens that a memo stands for, in bytes: whatever it
// keeps of a token is not much more than the token.
const maxRemembered = 8 << 20

// A memo keeps whose tokens were verified with one set of keys, so that a
// signature is computed once and not for every request. It goes with the keys:
// with new ones a new memo begins. Tokens are kept as their hashes, for they are
// secrets, and none longer than it is valid.
//
// It holds two generations: when the young one is full it becomes the old one,
// and what was not asked for meanwhile is forgotten.
type memo struct {
	most       int // bytes of a generation
	mu         sync.RWMutex
	bytes      int // of the tokens of the young one
	young, old map[[sha256.Size]byte]vouched
}

// vouched is what a verified token says.
type vouched struct {
	caller  *principal.Principal
	expires time.Time
}

func newMemo(most int) *memo {
	return &memo{most: most / 2, young: map[[sha256.Size]byte]vouched{}}
}

// recall is whose token this is, if it was verified before and is valid at the
// time.
func (m *memo) recall(sum [sha256.Size]byte, length int, now time.Time) (*principal.Principal, bool) {
	m.mu.RLock()
	found, ok := m.young[sum]
	aged := false
	if !ok {
		found, aged = m.old[sum]
	}
	m.mu.RUnlock()
	if !ok && !aged || now.After(found.expires) {
		return nil, false
	}
	if aged {
		m.keep(sum, length, found)
	}
	return found.caller, true
}

// keep takes a token of so many bytes that was verified.
func (m *memo) keep(sum [sha256.Size]byte, length int, what vouched) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, twice := m.young[sum]; twice {
		return
	}
	if m.bytes+length > m.most {
		m.old, m.young, m.bytes = m.young, map[[sha256.Size]byte]vouched{}, 0
	}
	m.young[sum] = what
	m.bytes += length
}
