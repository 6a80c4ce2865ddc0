package keyvault

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// signed is a certificate with its key, by another one or by itself.
type signed struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (by *signed) sign(t *testing.T, name string, ca bool) *signed {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
		IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if ca {
		template.KeyUsage = x509.KeyUsageCertSign
	} else {
		template.DNSNames = []string{name}
	}
	parent, with := template, key
	if by != nil {
		parent, with = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &signed{cert, key}
}

func ofCertificate(s *signed) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw})
}

func ofKey(t *testing.T, s *signed) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// TestAChainIsPutInOrder: a vault keeps it as it came.
func TestAChainIsPutInOrder(t *testing.T) {
	t.Parallel()
	root := (*signed)(nil).sign(t, "root", true)
	upper := root.sign(t, "upper", true)
	lower := upper.sign(t, "lower", true)
	leaf := lower.sign(t, "shop.example", false)
	stranger := (*signed)(nil).sign(t, "stranger", true)
	value := slices.Concat(ofKey(t, leaf), ofCertificate(leaf), ofCertificate(root), ofCertificate(stranger), ofCertificate(upper), ofCertificate(lower))
	got, err := unpack(contentPEM, string(value))
	if err != nil {
		t.Fatal(err)
	}
	if want := slices.Concat(ofCertificate(leaf), ofCertificate(lower), ofCertificate(upper)); !bytes.Equal(got.Chain, want) {
		t.Errorf("the chain is\n%s, want\n%s", got.Chain, want)
	}
	if _, err := tls.X509KeyPair(got.Chain, got.Key); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoCertificateWithItsKey(t *testing.T) {
	t.Parallel()
	leaf := (*signed)(nil).sign(t, "shop.example", false)
	for name, c := range map[string]struct {
		contentType, value string
		kind               kernel.Kind
	}{
		"a key that stays in the vault": {contentPEM, string(ofCertificate(leaf)), kernel.Refused},
		"no certificate":                {contentPEM, string(ofKey(t, leaf)), kernel.Invalid},
		"nothing":                       {contentPFX, "", kernel.Invalid},
		"no PKCS #12":                   {contentPFX, "bm90aGluZw==", kernel.Invalid},
		"another content":               {"text/plain", "x", kernel.Invalid},
	} {
		if _, err := unpack(c.contentType, c.value); !kernel.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := pack(vaultcert.Pair{Chain: ofCertificate(leaf)}); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("without a key: %v", err)
	}
}
