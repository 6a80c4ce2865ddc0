package pki_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// company is an authority elsewhere: a root, and a policy authority below it.
type company struct {
	root, policy *x509.Certificate
	key          *ecdsa.PrivateKey
}

func newCompany(t *testing.T, i *installation) *company {
	t.Helper()
	c := &company{key: newKey(t)}
	rootKey := newKey(t)
	c.root = c.authority(t, i, "root", 1, nil, rootKey, rootKey.Public())
	c.policy = c.authority(t, i, "policy", 2, c.root, rootKey, c.key.Public())
	return c
}

func (c *company) authority(t *testing.T, i *installation, name string, serial int64, by *x509.Certificate, key *ecdsa.PrivateKey, public any) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{Organization: []string{"Acme"}, CommonName: name}, NotBefore: i.clock.now().Add(-time.Hour), NotAfter: i.clock.now().Add(3 * 365 * day),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true,
	}
	if by == nil {
		by = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, public, key)
	must(t, err)
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	return cert
}

// answer certifies what a request asks for.
func (c *company) answer(t *testing.T, i *installation, request []byte, change func(*x509.Certificate)) []byte {
	t.Helper()
	block, _ := pem.Decode(request)
	asked, err := x509.ParseCertificateRequest(block.Bytes)
	must(t, err)
	must(t, asked.CheckSignature())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: asked.Subject, NotBefore: i.clock.now().Add(-time.Hour), NotAfter: i.clock.now().Add(365 * day), ExtraExtensions: asked.Extensions,
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.policy, asked.PublicKey, c.key)
	must(t, err)
	own, err := x509.ParseCertificate(der)
	must(t, err)
	return pki.Issued{Chain: []*x509.Certificate{own, c.policy, c.root}}.PEM()
}

// TestACompanysRootSignsTheIntermediate has clients of the old root, and of the company's, go on.
func TestACompanysRootSignsTheIntermediate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		s := i.control(t, "")
		old, acme := s.Authority().Pool(), newCompany(t, i)
		if _, err := s.Install(operator(t), "x", 0, false); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("no chain: %v", err)
		}
		_, request, err := s.Upstream(operator(t), "Terrace at Acme")
		must(t, err)
		if _, _, err := s.Upstream(operator(t), ""); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("two requests: %v", err)
		}
		for reason, chain := range map[string][]byte{
			"a short life":     acme.answer(t, i, request, func(c *x509.Certificate) { c.NotAfter = i.clock.now().Add(30 * day) }),
			"another zone":     acme.answer(t, i, request, func(c *x509.Certificate) { c.ExtraExtensions = nil; *c = elsewhere(*c) }),
			"without the root": pki.Issued{Chain: parsed(t, acme.answer(t, i, request, nil))[:2]}.PEM(),
			"another key":      acme.answer(t, i, csr(t, newKey(t)), func(c *x509.Certificate) { c.ExtraExtensions = nil; *c = elsewhere(*c) }),
		} {
			if _, err := s.Install(operator(t), string(chain), 0, false); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%s: %v", reason, err)
			}
		}
		_, err = s.Install(operator(t), string(acme.answer(t, i, request, nil)), time.Hour, false)
		must(t, err)
		i.clock.advance(2 * time.Hour)
		must(t, s.Maintain(t.Context()))
		gateway := i.gateway(t)
		chain := shown(t, gateway.Authority(), host)
		theirs := x509.NewCertPool()
		theirs.AddCert(acme.root)
		must(t, server(chain, theirs, i.clock.now()))
		must(t, server(chain, old, i.clock.now()))
		// It ends, and only the company can give another one.
		i.clock.advance(336 * day)
		must(t, s.Maintain(t.Context()))
		must(t, s.Alert(t.Context()))
		must(t, s.Alert(t.Context()))
		if n := len(i.facts.of("certificate-authority.expiring")); n != 1 {
			t.Errorf("told %d times that it ends", n)
		}
		if _, err := s.Rotate(operator(t), pki.Rotation{}); !kernel.Is(err, kernel.Refused) {
			t.Errorf("clients that trust the company alone would fail: %v", err)
		}
		_, request, err = s.Upstream(operator(t), "Terrace at Acme")
		must(t, err)
		_, err = s.Install(operator(t), string(acme.answer(t, i, request, nil)), time.Hour, false)
		must(t, err)
		_, err = s.Activate(operator(t))
		must(t, err)
		must(t, server(shown(t, s.Authority(), host), theirs, i.clock.now()))
	})
}

// elsewhere is an authority of another zone.
func elsewhere(c x509.Certificate) x509.Certificate {
	c.KeyUsage, c.BasicConstraintsValid, c.IsCA = x509.KeyUsageCertSign|x509.KeyUsageCRLSign, true, true
	c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"example.net"}
	return c
}
