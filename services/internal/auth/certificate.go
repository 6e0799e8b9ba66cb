package auth

import (
	"crypto/x509"

	"github.com/treehouse-ml/treehouse/services/internal/principal"
)

// FromCertificate tells whose certificate this is, which must have been
// verified: by its URI, as SPIFFE has it, else its DNS name, else its common
// name. One with several names of the same kind is nobody's in particular.
func FromCertificate(c *x509.Certificate) (*principal.Principal, error) {
	var names []string
	switch {
	case len(c.URIs) > 0:
		for _, uri := range c.URIs {
			names = append(names, uri.String())
		}
	case len(c.DNSNames) > 0:
		names = c.DNSNames
	default:
		names = []string{c.Subject.CommonName}
	}
	if len(names) != 1 || !validName(names[0]) {
		return nil, ErrMalformed
	}
	return &principal.Principal{Name: names[0], Method: "mtls"}, nil
}
