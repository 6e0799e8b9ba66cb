// Package auth finds out who calls, from what a caller shows: an API key, a
// token of an OpenID Connect issuer, or a client certificate. What callers may
// do is package policy's.
//
// No error of this package holds any part of a credential.
package auth

import (
	"errors"
	"strings"
)

// Why a credential does not tell who calls. A caller is never told which.
var (
	ErrMalformed   = errors.New("malformed")
	ErrUnknown     = errors.New("unknown")
	ErrExpired     = errors.New("expired")
	ErrUnavailable = errors.New("the issuer's keys are not known yet")
)

// maxName bounds names of principals and groups, in bytes.
const maxName = 256

// validName reports whether a name can go into logs and policies: visible
// ASCII, and not so long that matching it takes time.
func validName(name string) bool {
	return name != "" && len(name) <= maxName &&
		strings.IndexFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
