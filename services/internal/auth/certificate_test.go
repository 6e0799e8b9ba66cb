package auth

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"net/url"
	"testing"
)

func TestFromCertificate(t *testing.T) {
	spiffe, err := url.Parse("spiffe://shop.example/ns/shop/sa/checkout")
	if err != nil {
		t.Fatal(err)
	}
	cn := pkix.Name{CommonName: "billing"}
	for want, c := range map[string]*x509.Certificate{
		spiffe.String():  {URIs: []*url.URL{spiffe}, DNSNames: []string{"a", "b"}, Subject: cn},
		"checkout.shop":  {DNSNames: []string{"checkout.shop"}, Subject: cn},
		"billing":        {Subject: cn},
		"none of two":    {DNSNames: []string{"a", "b"}, Subject: cn},
		"none of blanks": {Subject: pkix.Name{CommonName: "two words"}},
		"none at all":    {},
	} {
		p, err := FromCertificate(c)
		switch {
		case want[:4] == "none":
			if err == nil {
				t.Errorf("%s: %+v", want, p)
			}
		case err != nil || p.Name != want || p.Method != "mtls":
			t.Errorf("%s: %+v, %v", want, p, err)
		}
	}
}
