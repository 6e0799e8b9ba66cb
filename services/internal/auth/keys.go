package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/treehouse-ml/treehouse/services/internal/principal"
	"github.com/treehouse-ml/treehouse/services/internal/yamlfile"
)

// The parts of a key: th_<id>_<secret>. The prefix lets scanners for secrets
// find a key that got into a repository.
const (
	keyPrefix   = "th_"
	idLength    = 16 // hexadecimal digits
	secretBytes = 32
	keyLength   = len(keyPrefix) + idLength + 1 + (secretBytes*8+5)/6
	maxKeys     = 10_000
)

// Keys are the API keys that a file lists. Which they are is never changed.
//
// The file holds the SHA-256 of each key, and no slow hash: that protects
// secrets which people choose and which can be guessed, and a key has 256
// random bits. It would cost every request what it costs an attacker.
type Keys struct {
	byID map[string]*key
}

type key struct {
	sum     [sha256.Size]byte
	expires time.Time // zero is never
	caller  *principal.Principal
	// shown is the key itself once somebody has shown it, so that the hash is
	// computed once; nil before. Connections keep what was shown on them, too.
	shown atomic.Pointer[[keyLength]byte]
}

// keyEntry is a key as it is written in the file.
type keyEntry struct {
	Principal yamlfile.Text   `yaml:"principal"`
	Groups    []yamlfile.Text `yaml:"groups"`
	ID        yamlfile.Text   `yaml:"id"`
	SHA256    yamlfile.Text   `yaml:"sha256"`
	Expires   yamlfile.Text   `yaml:"expires"`
}

// ParseKeys reads a file of keys, one a line as NewKey makes them:
//
//   - {principal: checkout, groups: [shop], id: 5f0c…, sha256: 9b71…, expires: 2027-03-01T00:00:00Z}
//
// A principal may have several that are valid at a time, so that one can be
// replaced without a gap. Groups and expires may be left out.
func ParseKeys(data []byte) (*Keys, error) {
	var entries []keyEntry
	if err := yamlfile.Decode(data, &entries); err != nil && !errors.Is(err, yamlfile.ErrEmpty) {
		return nil, err
	}
	if len(entries) > maxKeys {
		return nil, fmt.Errorf("%d keys; at most %d are accepted", len(entries), maxKeys)
	}
	keys := &Keys{byID: make(map[string]*key, len(entries))}
	for i := range entries {
		e := &entries[i]
		k, err := e.key(i)
		if err != nil {
			return nil, err
		}
		if _, twice := keys.byID[e.ID.Value]; twice {
			return nil, e.ID.Errorf("the id %s is listed twice", e.ID.Value)
		}
		keys.byID[e.ID.Value] = k
	}
	return keys, nil
}

func (e *keyEntry) key(i int) (*key, error) {
	for name, field := range map[string]*yamlfile.Text{"principal": &e.Principal, "id": &e.ID, "sha256": &e.SHA256} {
		if field.Value == "" {
			return nil, fmt.Errorf("key %d, near line %d, has no %s", i+1, e.line(), name)
		}
	}
	if !validName(e.Principal.Value) {
		return nil, e.Principal.Errorf("principal is %q; expected 1 to %d visible ASCII characters", e.Principal.Value, maxName)
	}
	if len(e.ID.Value) != idLength || !isHex(e.ID.Value) {
		return nil, e.ID.Errorf("the id is not %d lower-case hexadecimal digits", idLength)
	}
	k := &key{caller: &principal.Principal{Name: e.Principal.Value, Method: "key"}}
	sum, err := hex.DecodeString(e.SHA256.Value)
	if err != nil || copy(k.sum[:], sum) != sha256.Size || len(sum) != sha256.Size {
		// The value is not quoted: somebody may have put the key itself there.
		return nil, e.SHA256.Errorf("sha256 is not %d hexadecimal digits", 2*sha256.Size)
	}
	for _, g := range e.Groups {
		if !validName(g.Value) {
			return nil, g.Errorf("a group is %q; expected 1 to %d visible ASCII characters", g.Value, maxName)
		}
		k.caller.Groups = append(k.caller.Groups, g.Value)
	}
	if e.Expires.Value != "" {
		if k.expires, err = parseTime(e.Expires.Value); err != nil {
			return nil, e.Expires.Errorf("expires is %q; expected a time such as 2027-03-01T00:00:00Z, or a date, which ends as it begins, in UTC", e.Expires.Value)
		}
	}
	return k, nil
}

// line is that of the first field there is.
func (e *keyEntry) line() int {
	for _, t := range []yamlfile.Text{e.Principal, e.ID, e.SHA256, e.Expires} {
		if t.Line > 0 {
			return t.Line
		}
	}
	return 0
}

func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	return time.Parse(time.RFC3339, s)
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// Len is how many keys there are.
func (k *Keys) Len() int { return len(k.byID) }

// IsKey reports whether a credential is a key, rather than a token.
func IsKey(credential string) bool { return strings.HasPrefix(credential, keyPrefix) }

// Verify tells whose key this is. It allocates nothing but when a key is shown
// for the first time. Keys are looked up by their id, which is no secret; what is,
// is compared in constant time. Only of a key that expires is it asked what time
// it is.
func (k *Keys) Verify(credential string, now func() time.Time) (*principal.Principal, error) {
	if len(credential) != keyLength || credential[len(keyPrefix)+idLength] != '_' || !IsKey(credential) {
		return nil, ErrMalformed
	}
	var shown [keyLength]byte // on the stack
	copy(shown[:], credential)
	found := k.byID[credential[len(keyPrefix):len(keyPrefix)+idLength]]
	if found == nil || !found.is(&shown) {
		return nil, ErrUnknown
	}
	if !found.expires.IsZero() && !now().Before(found.expires) {
		return nil, ErrExpired
	}
	return found.caller, nil
}

// is reports whether this is what somebody shows. The hash is of a whole key,
// with its id, so that it is of no use under another id.
func (k *key) is(shown *[keyLength]byte) bool {
	if before := k.shown.Load(); before != nil {
		return subtle.ConstantTimeCompare(before[:], shown[:]) == 1
	}
	sum := sha256.Sum256(shown[:])
	if subtle.ConstantTimeCompare(sum[:], k.sum[:]) != 1 {
		return false
	}
	kept := *shown
	k.shown.Store(&kept)
	return true
}
