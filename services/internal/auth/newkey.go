package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// NewKey makes a key and the line that lists it in a file of keys. The key is
// nowhere but in the answer. A zero expires is never.
func NewKey(name string, groups []string, expires time.Time) (secret, line string, err error) {
	for _, s := range append([]string{name}, groups...) {
		if !validName(s) || strings.ContainsAny(s, `"'\`) {
			return "", "", fmt.Errorf("%q is no name; expected 1 to %d visible ASCII characters without quotes and backslashes", s, maxName)
		}
	}
	var id [idLength / 2]byte
	var random [secretBytes]byte
	_, _ = rand.Read(id[:]) // never fails
	_, _ = rand.Read(random[:])
	secret = keyPrefix + hex.EncodeToString(id[:]) + "_" + base64.RawURLEncoding.EncodeToString(random[:])
	sum := sha256.Sum256([]byte(secret))
	var b strings.Builder
	fmt.Fprintf(&b, "- {principal: %q", name)
	if len(groups) > 0 {
		quoted := make([]string, len(groups))
		for i, g := range groups {
			quoted[i] = fmt.Sprintf("%q", g)
		}
		fmt.Fprintf(&b, ", groups: [%s]", strings.Join(quoted, ", "))
	}
	fmt.Fprintf(&b, `, id: "%s", sha256: "%s"`, hex.EncodeToString(id[:]), hex.EncodeToString(sum[:]))
	if !expires.IsZero() {
		fmt.Fprintf(&b, ", expires: %q", expires.UTC().Format(time.RFC3339))
	}
	b.WriteString("}")
	return secret, b.String(), nil
}
