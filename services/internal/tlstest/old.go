package tlstest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// RefusesOld offers a listener every version of TLS and, in TLS 1.2, every
// suite by itself: it must take what is modern, and nothing else. The client
// shows the pair where the listener asks for one; nil shows none.
func RefusesOld(t *testing.T, address string, trusted []byte, own *Pair, protocols ...string) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(trusted)
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	offer := func(version uint16, suites ...uint16) error {
		config := &tls.Config{RootCAs: roots, ServerName: host, NextProtos: protocols, MinVersion: version, MaxVersion: version, CipherSuites: suites} // #nosec G402 -- what is to be refused
		if own != nil {
			pair, err := tls.X509KeyPair(own.Certificate, own.Key)
			if err != nil {
				t.Fatal(err)
			}
			config.Certificates = []tls.Certificate{pair}
		}
		dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: config}
		conn, err := dialer.DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if err := offer(version); err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("%s speaks %s: %v", address, tls.VersionName(version), err)
		}
	}
	if err := offer(tls.VersionTLS13); err != nil {
		t.Errorf("%s does not speak TLS 1.3: %v", address, err)
	}
	tried := 0
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		modern := strings.HasPrefix(suite.Name, "TLS_ECDHE_") && (strings.Contains(suite.Name, "_GCM_") || strings.Contains(suite.Name, "_CHACHA20_"))
		if modern || suite.SupportedVersions[0] == tls.VersionTLS13 { // whose suites are all modern
			continue
		}
		if tried++; offer(tls.VersionTLS12, suite.ID) == nil {
			t.Errorf("%s speaks %s", address, suite.Name)
		}
	}
	if tried < 10 {
		t.Errorf("only %d old suites were offered", tried)
	}
}

// WebConfig is the path of a file by which exporter-toolkit serves with the
// Secret's certificate, from this version of TLS on.
func (s *Secret) WebConfig(t testing.TB, version string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "web.yaml")
	text := fmt.Sprintf("tls_server_config: {cert_file: %s, key_file: %s, min_version: %s}\n", s.Path("tls.crt"), s.Path("tls.key"), version)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
