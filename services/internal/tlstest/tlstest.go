// Package tlstest makes certificates for tests, and puts them into folders as
// Kubernetes mounts a Secret.
package tlstest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

var serial atomic.Int64

// An Authority signs certificates.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	PEM         []byte
}

// NewAuthority returns one that is valid for an hour.
func NewAuthority(t testing.TB, name string) *Authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a := &Authority{key: newKey(t)}
	a.certificate, a.PEM = sign(t, template, template, &a.key.PublicKey, a.key)
	return a
}

// Bundle returns the certificates of several authorities.
func Bundle(authorities ...*Authority) []byte {
	var all [][]byte
	for _, a := range authorities {
		all = append(all, a.PEM)
	}
	return bytes.Join(all, nil)
}

// A Pair is a certificate and its key in PEM format.
type Pair struct{ Certificate, Key []byte }

// Issue returns a pair for servers and clients alike, valid for an hour. A
// name that is an IP address becomes one in the certificate. Changes, if any,
// are made to the certificate before it is signed.
func (a *Authority) Issue(t testing.TB, name string, changes ...func(*x509.Certificate)) Pair {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	for _, change := range changes {
		change(template)
	}
	key := newKey(t)
	_, cert := sign(t, template, a.certificate, &key.PublicKey, a.key)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return Pair{Certificate: cert, Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}
}

// Intermediate returns an authority that a has signed. A certificate of it is
// verified only together with the intermediate's own PEM.
func (a *Authority) Intermediate(t testing.TB, name string) *Authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	i := &Authority{key: newKey(t)}
	i.certificate, i.PEM = sign(t, template, a.certificate, &i.key.PublicKey, a.key)
	return i
}

// Expired makes a certificate one of yesterday.
func Expired(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, template, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) (*x509.Certificate, []byte) {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// A Secret is a folder with the files of a Secret as Kubernetes mounts it:
// each is a link into ..data, which is a link to a folder that never changes.
// An update swaps that one link.
type Secret struct {
	folder  string
	version int
}

// NewSecret returns one with the files.
func NewSecret(t testing.TB, files map[string][]byte) *Secret {
	t.Helper()
	s := &Secret{folder: t.TempDir()}
	s.Update(t, files)
	return s
}

// Path is where a file of the Secret is.
func (s *Secret) Path(name string) string { return filepath.Join(s.folder, name) }

// Update replaces all files at once.
func (s *Secret) Update(t testing.TB, files map[string][]byte) {
	t.Helper()
	s.version++
	version := "..version" + strconv.Itoa(s.version)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(s.Path(version), 0o700))
	for name, data := range files {
		must(os.WriteFile(filepath.Join(s.folder, version, name), data, 0o600))
		if _, err := os.Lstat(s.Path(name)); err != nil {
			must(os.Symlink(filepath.Join("..data", name), s.Path(name)))
		}
	}
	must(os.Symlink(version, s.Path("..data_tmp")))
	must(os.Rename(s.Path("..data_tmp"), s.Path("..data")))
}

// Files are the three files that cert-manager and others put into a Secret.
func (p Pair) Files(authorities []byte) map[string][]byte {
	return map[string][]byte{"tls.crt": p.Certificate, "tls.key": p.Key, "ca.crt": authorities}
}
