package tlsfile

import (
	"crypto/tls"
	"slices"
)

// modern are the suites of TLS 1.2 with forward secrecy and authenticated
// encryption; those of TLS 1.3 need no choice.
var modern = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// Modern reports whether a suite, by its name, is one that our listeners speak.
func Modern(name string) bool {
	for _, suite := range tls.CipherSuites() {
		if suite.Name == name {
			return slices.Contains(modern, suite.ID) || slices.Contains(suite.SupportedVersions, tls.VersionTLS13)
		}
	}
	return false
}

// Server returns the configuration of a listener, TLS 1.2 or newer. With
// authorities a client must show a certificate that one of them has signed.
// The protocols (h2, http/1.1) are those that the listener speaks, the best
// first; none leaves them to the server that gets the configuration.
func Server(pair *KeyPair, clients *Authorities, protocols ...string) *tls.Config {
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		CipherSuites:   modern,
		NextProtos:     protocols,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.get() },
	}
	if clients == nil {
		return config
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	config.ClientCAs = clients.current.Load()
	// A resumed session is one that older authorities have let in.
	config.SessionTicketsDisabled = true
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now := config.Clone()
		now.GetConfigForClient = nil
		now.ClientCAs = clients.current.Load()
		return now, nil
	}
	return config
}

// A Client is what one of our services needs to call another.
type Client struct {
	authorities *Authorities
	pair        *KeyPair
	name        string
}

// NewClient returns a client that trusts servers whose certificate has the
// name and was signed by one of the authorities. The key pair, which may be
// nil, is what it shows to them.
func NewClient(authorities *Authorities, pair *KeyPair, name string) *Client {
	return &Client{authorities: authorities, pair: pair, name: name}
}

// Config returns the configuration for one connection, TLS 1.3: the next one
// may need another. The library's own verification is left as it is.
func (c *Client) Config() *tls.Config {
	config := &tls.Config{
		MinVersion: tls.VersionTLS13,
		RootCAs:    c.authorities.current.Load(),
		ServerName: c.name,
	}
	if c.pair != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.pair.get() }
	}
	return config
}
