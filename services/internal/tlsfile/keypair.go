package tlsfile

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// A KeyPair is a certificate, with its intermediates, and its private key. It
// is safe for concurrent use.
type KeyPair struct {
	current atomic.Pointer[tls.Certificate]
}

// KeyPair reads a certificate and its key, both in PEM format. The use names
// them in the log and in the metrics.
func (f *Files) KeyPair(use, certFile, keyFile string) (*KeyPair, error) {
	p := &KeyPair{}
	err := f.add(&source{use: use, paths: []string{certFile, keyFile}, take: func(contents [][]byte, now time.Time) (time.Time, error) {
		pair, err := parsePair(certFile, keyFile, contents[0], contents[1], now)
		if err != nil {
			return time.Time{}, err
		}
		p.current.Store(pair)
		return pair.Leaf.NotAfter, nil
	}})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func parsePair(certFile, keyFile string, cert, key []byte, now time.Time) (*tls.Certificate, error) {
	chain, err := parseCertificates(certFile, cert)
	if err != nil {
		return nil, err
	}
	if err := checkKey(keyFile, key); err != nil {
		return nil, err
	}
	if err := checkTime(certFile, chain[0], now); err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s with %s: %s; expected a certificate and its own private key",
			certFile, keyFile, strings.TrimPrefix(err.Error(), "tls: "))
	}
	pair.Leaf = chain[0]
	return &pair, nil
}

// parseCertificates returns at least one.
func parseCertificates(path string, data []byte) ([]*x509.Certificate, error) {
	var found []string
	var certificates []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			found = append(found, block.Type)
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", path, len(certificates)+1, err)
		}
		certificates = append(certificates, c)
	}
	if len(certificates) == 0 {
		return nil, fmt.Errorf("%s: found %s; expected a certificate in PEM format (BEGIN CERTIFICATE)", path, blocks(found))
	}
	return certificates, nil
}

func checkKey(path string, data []byte) error {
	var found []string
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["DEK-Info"] != "":
			return fmt.Errorf("%s: the private key is encrypted; expected one without a password", path)
		case block.Type == "PRIVATE KEY", strings.HasSuffix(block.Type, " PRIVATE KEY"):
			return nil
		}
		found = append(found, block.Type)
	}
	return fmt.Errorf("%s: found %s; expected a private key in PEM format (BEGIN PRIVATE KEY)", path, blocks(found))
}

func blocks(found []string) string {
	if len(found) == 0 {
		return "nothing in PEM format"
	}
	slices.Sort(found)
	return strings.Join(slices.Compact(found), ", ")
}

func checkTime(path string, c *x509.Certificate, now time.Time) error {
	switch {
	case now.After(c.NotAfter):
		return fmt.Errorf("%s: the certificate of %q expired at %s; expected one that is valid now",
			path, subject(c), c.NotAfter.Format(time.RFC3339))
	case now.Before(c.NotBefore):
		return fmt.Errorf("%s: the certificate of %q is not valid before %s; expected one that is valid now",
			path, subject(c), c.NotBefore.Format(time.RFC3339))
	}
	return nil
}

// subject is the name that people know a certificate by.
func subject(c *x509.Certificate) string {
	if len(c.DNSNames) > 0 {
		return c.DNSNames[0]
	}
	return c.Subject.String()
}

// get is never nil: there is no KeyPair that was not read.
func (p *KeyPair) get() (*tls.Certificate, error) { return p.current.Load(), nil }
