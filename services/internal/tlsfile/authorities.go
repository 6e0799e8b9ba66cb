package tlsfile

import (
	"crypto/x509"
	"fmt"
	"sync/atomic"
	"time"
)

// Authorities are the certificates by which those of the other side are
// verified. They are safe for concurrent use.
type Authorities struct {
	current atomic.Pointer[x509.CertPool]
}

// Authorities reads a bundle of certificates in PEM format. While an authority
// is replaced the bundle holds the old one and the new; one of them must be
// valid. The use names the bundle in the log and in the metrics.
func (f *Files) Authorities(use, path string) (*Authorities, error) {
	a := &Authorities{}
	err := f.add(&source{use: use, paths: []string{path}, take: func(contents [][]byte, now time.Time) (time.Time, error) {
		pool, expires, err := parseAuthorities(path, contents[0], now)
		if err != nil {
			return time.Time{}, err
		}
		a.current.Store(pool)
		return expires, nil
	}})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// parseAuthorities also returns when the last of them expires.
func parseAuthorities(path string, data []byte, now time.Time) (*x509.CertPool, time.Time, error) {
	certificates, err := parseCertificates(path, data)
	if err != nil {
		return nil, time.Time{}, err
	}
	pool := x509.NewCertPool()
	var expires time.Time
	var invalid error
	valid := false
	for _, c := range certificates {
		pool.AddCert(c)
		if c.NotAfter.After(expires) {
			expires = c.NotAfter
		}
		if err := checkTime(path, c, now); err != nil {
			invalid = err
		} else {
			valid = true
		}
	}
	if !valid {
		return nil, time.Time{}, fmt.Errorf("none of the authorities is valid: %w", invalid)
	}
	return pool, expires, nil
}
