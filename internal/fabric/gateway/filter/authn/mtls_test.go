package authn_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
)

// pair makes a certificate that parent signs, or itself.
func pair(t *testing.T, template *x509.Certificate, parent *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	signer, by := template, any(key)
	if parent != nil {
		signer, by = parent.Leaf, parent.PrivateKey
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, signer, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key, Leaf: leaf}
}

func newAuthority(t *testing.T, name string) tls.Certificate {
	t.Helper()
	return pair(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
}

func client(uri string) *x509.Certificate {
	u, _ := url.Parse(uri)
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: "billing"}, URIs: []*url.URL{u}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	authority, stranger := newAuthority(t, "acme"), newAuthority(t, "acme")
	bundle, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Certificate[0]})))
	spec := `{"providers": [{"name": "partners", "mtls": {"authorities": %s, "allow": [{"uri": "spiffe://acme/ns/*/sa/billing"}]}}],
		"claimsToHeaders": [{"claim": "sub", "header": "X-Workload"}]}`
	w.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(spec, bundle))
	expired := client("spiffe://acme/ns/prod/sa/billing")
	expired.NotBefore, expired.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	server := client("spiffe://acme/ns/prod/sa/billing")
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	two := client("spiffe://acme/ns/prod/sa/billing")
	two.URIs = append(two.URIs, &url.URL{Scheme: "spiffe", Host: "acme", Path: "/ns/prod/sa/admin"})
	cases := []struct {
		reason string
		cert   tls.Certificate
		status int
	}{
		{"one that is taken", pair(t, client("spiffe://acme/ns/prod/sa/billing"), &authority), http.StatusOK},
		{"somebody else", pair(t, client("spiffe://acme/ns/prod/sa/orders"), &authority), http.StatusUnauthorized},
		{"more than a star stands for", pair(t, client("spiffe://acme/ns/a/b/sa/billing"), &authority), http.StatusUnauthorized},
		{"another trust domain", pair(t, client("spiffe://acme.evil/ns/prod/sa/billing"), &authority), http.StatusUnauthorized},
		{"two identities", pair(t, two, &authority), http.StatusUnauthorized},
		{"an authority of the same name", pair(t, client("spiffe://acme/ns/prod/sa/billing"), &stranger), http.StatusUnauthorized},
		{"signed by itself", pair(t, client("spiffe://acme/ns/prod/sa/billing"), nil), http.StatusUnauthorized},
		{"expired", pair(t, expired, &authority), http.StatusUnauthorized},
		{"for servers", pair(t, server, &authority), http.StatusUnauthorized},
	}
	for _, c := range cases {
		client := w.NewClient(c.cert)
		for range 2 {
			a := w.With(t, client, http.MethodGet, authntest.Host, "/", "X-Workload", "forged")
			if (a.StatusCode == http.StatusUnauthorized) != (a.Header.Get("WWW-Authenticate") == `ClientCertificate realm="partners"`) {
				t.Errorf("%s: %d %q", c.reason, a.StatusCode, a.Header.Values("WWW-Authenticate"))
			}
			if a.StatusCode != c.status || c.status == http.StatusOK && a.Seen.Header.Get("X-Workload") != "spiffe://acme/ns/prod/sa/billing" {
				t.Errorf("%s: %d %s", c.reason, a.StatusCode, a.Body)
			}
		}
		if a := w.With(t, client, http.MethodGet, authntest.Other, "/"); a.StatusCode != http.StatusOK || w.kind.AsksCertificate(authntest.Other) {
			t.Errorf("another host: %d", a.StatusCode)
		}
		client.CloseIdleConnections()
	}
	if a := w.Do(t, http.MethodGet, authntest.Host, "/"); a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") != `ClientCertificate realm="partners"` {
		t.Errorf("no certificate: %d %q", a.StatusCode, a.Header.Values("WWW-Authenticate"))
	}
}
