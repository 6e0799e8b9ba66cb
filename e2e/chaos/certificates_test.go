//go:build chaos && linux

package chaos

import (
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
	"testing"
	"time"
)

// An authority signs the one certificate by which gateway and predicts know
// each other.
type authority struct {
	t    *testing.T
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, dir: t.TempDir(), key: key}
	a.cert = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "chaos"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.write("ca.pem", "CERTIFICATE", a.sign(a.cert, &key.PublicKey))
	return a
}

func (a *authority) sign(template *x509.Certificate, key *ecdsa.PublicKey) []byte {
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der
}

// issue replaces the certificate with one that is valid for so long.
func (a *authority) issue(valid time.Duration) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert := a.sign(&x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "service"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(valid), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}, &key.PublicKey)
	a.write("tls.key", "EC PRIVATE KEY", der)
	a.write("tls.crt", "CERTIFICATE", cert)
}

// write replaces a file by a rename, as a mounted Secret does.
func (a *authority) write(name, kind string, der []byte) {
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path+".new", pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) setup() setup {
	file := func(name string) string { return filepath.Join(a.dir, name) }
	return setup{
		gateway: []string{"--predict-ca=" + file("ca.pem"), "--predict-cert=" + file("tls.crt"), "--predict-key=" + file("tls.key")},
		// Connections end all the time, so that there are handshakes.
		predict: []string{"--tls-cert=" + file("tls.crt"), "--tls-key=" + file("tls.key"), "--tls-client-ca=" + file("ca.pem"), "--max-connection-age=1s"},
	}
}

// Certificates of both sides that run out while they serve.
func TestCertificates(t *testing.T) {
	t.Run("renewed in time", func(t *testing.T) {
		t.Parallel()
		a := newAuthority(t)
		a.issue(14 * time.Second)
		expired := time.Now().Add(14 * time.Second)
		fault{
			name: "certificates expire, renewed 7 s before", setup: a.setup(),
			begin: func(*scene) { time.Sleep(time.Until(expired.Add(-7 * time.Second))); a.issue(time.Hour) },
			hold:  lasting(8500*time.Millisecond, 20*time.Second),
			end:   func(*scene) {},
		}.happen(t, newScene(t, a.setup()))
	})
	t.Run("renewed late", func(t *testing.T) {
		t.Parallel()
		a := newAuthority(t)
		a.issue(8 * time.Second)
		expired := time.Now().Add(8 * time.Second)
		fault{
			name: "certificates expire, renewed 2 s after", setup: a.setup(),
			begin:  func(*scene) { time.Sleep(time.Until(expired.Add(2 * time.Second))) },
			end:    func(*scene) { a.issue(time.Hour) },
			outage: true, allowed: []string{"503", "504"},
		}.happen(t, newScene(t, a.setup()))
	})
}
