package vault_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const ecPolicy = `"key_props":{"kty":"EC","crv":"P-256","exportable":%v,"reuse_key":false},"x509_props":{"subject":"CN=shop.example.com","sans":{"dns_names":["shop.example.com"]},"key_usage":["digitalSignature"],"ekus":["1.3.6.1.5.5.7.3.1"],"validity_months":6}`

func policyBody(issuer, contentType string, exportable bool) string {
	flag := "false"
	if exportable {
		flag = "true"
	}
	return `{"policy":{` + strings.Replace(ecPolicy, "%v", flag, 1) + `,"secret_props":{"contentType":"` + contentType + `"},"issuer":{"name":"` + issuer + `"}}}`
}

func (c *cloud) certificate(path string) *x509.Certificate {
	c.t.Helper()
	raw, err := base64.StdEncoding.DecodeString(at(c.t, c.data("owner", http.MethodGet, path, "", http.StatusOK), "cer"))
	if err != nil {
		c.t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		c.t.Fatal(err)
	}
	return parsed
}

func TestASelfSignedCertificateIsReal(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	started := c.data("owner", http.MethodPost, "/certificates/shop/create", policyBody("Self", "application/x-pkcs12", true), http.StatusAccepted)
	request, err := base64.StdEncoding.DecodeString(at(t, started, "csr"))
	if err != nil {
		t.Fatal(err)
	}
	if csr, err := x509.ParseCertificateRequest(request); err != nil || csr.Subject.CommonName != "shop.example.com" {
		t.Fatalf("the request is %v: %v", csr, err)
	}
	if got := at(t, c.data("owner", http.MethodGet, "/certificates/shop/pending", "", http.StatusOK), "status"); got != "completed" {
		t.Fatalf("the operation is %s", got)
	}
	leaf := c.certificate("/certificates/shop")
	if err := leaf.VerifyHostname("shop.example.com"); err != nil || !leaf.NotAfter.Equal(c.now.AddDate(0, 6, 0)) {
		t.Fatalf("the certificate is for %v until %s: %v", leaf.DNSNames, leaf.NotAfter, err)
	}
	if err := leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature); err != nil {
		t.Fatal(err)
	}
	pfx, err := base64.StdEncoding.DecodeString(at(t, c.data("owner", http.MethodGet, "/secrets/shop", "", http.StatusOK), "value"))
	if err != nil {
		t.Fatal(err)
	}
	if _, inside, err := pkcs12.Decode(pfx, ""); err != nil || !inside.Equal(leaf) {
		t.Fatalf("the secret holds another certificate: %v", err)
	}
}

func TestAPrivateKeyThatMayNotLeaveStays(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	c.data("owner", http.MethodPost, "/certificates/shop/create", policyBody("Self", "application/x-pem-file", false), http.StatusAccepted)
	value := at(t, c.data("owner", http.MethodGet, "/secrets/shop", "", http.StatusOK), "value")
	if strings.Contains(value, "PRIVATE KEY") || !strings.Contains(value, "CERTIFICATE") {
		t.Fatalf("the secret is %s", value)
	}
	c.data("owner", http.MethodPut, "/secrets/shop", `{"value":"x"}`, http.StatusForbidden)
	c.data("owner", http.MethodDelete, "/certificates/shop", "", http.StatusOK)
	c.data("owner", http.MethodGet, "/keys/shop", "", http.StatusNotFound)
	c.data("owner", http.MethodPost, "/deletedcertificates/shop/recover", "", http.StatusOK)
	c.data("owner", http.MethodGet, "/keys/shop", "", http.StatusOK)
}

func TestAnAuthoritySigns(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	c.data("owner", http.MethodPost, "/certificates/shop/create", policyBody("digicert", "application/x-pkcs12", true), http.StatusBadRequest)
	set := c.data("owner", http.MethodPut, "/certificates/issuers/digicert", `{"provider":"DigiCert","credentials":{"account_id":"1","pwd":"secret"}}`, http.StatusOK)
	if _, shown := arm.Lookup(set, "credentials.pwd"); shown {
		t.Fatal("the password is shown")
	}
	c.data("owner", http.MethodPost, "/certificates/shop/create", policyBody("digicert", "application/x-pkcs12", true), http.StatusAccepted)
	if got := c.certificate("/certificates/shop").Issuer.CommonName; got != "Simulation of DigiCert" {
		t.Fatalf("the issuer is %s", got)
	}
	c.data("owner", http.MethodDelete, "/certificates/issuers/digicert", "", http.StatusConflict)
}

func TestWhatIsSignedElsewhereIsMerged(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	started := c.data("owner", http.MethodPost, "/certificates/shop/create", policyBody("Unknown", "application/x-pem-file", true), http.StatusAccepted)
	if at(t, started, "status") != "inProgress" {
		t.Fatalf("the operation is %v", started)
	}
	raw, err := base64.StdEncoding.DecodeString(at(t, started, "csr"))
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.ParseCertificateRequest(raw)
	if err != nil {
		t.Fatal(err)
	}
	c.data("owner", http.MethodPost, "/certificates/own/create", policyBody("Self", "application/x-pem-file", true), http.StatusAccepted)
	other := base64.StdEncoding.EncodeToString(c.certificate("/certificates/own").Raw)
	c.data("owner", http.MethodPost, "/certificates/shop/pending/merge", `{"x5c":["`+other+`"]}`, http.StatusBadRequest)

	signed := base64.StdEncoding.EncodeToString(sign(t, csr, c.now))
	c.data("owner", http.MethodPost, "/certificates/shop/pending/merge", `{"x5c":["`+signed+`"]}`, http.StatusCreated)
	if got := c.certificate("/certificates/shop").Subject.CommonName; got != "shop.example.com" {
		t.Fatalf("the merged certificate is for %s", got)
	}
	if value := at(t, c.data("owner", http.MethodGet, "/secrets/shop", "", http.StatusOK), "value"); !strings.Contains(value, "PRIVATE KEY") {
		t.Fatal("the secret lacks the private key")
	}
	before := c.certificate("/certificates/shop").SerialNumber
	c.data("owner", http.MethodPost, "/certificates/shop/create", policyBody("Unknown", "application/x-pem-file", true), http.StatusAccepted)
	if got := c.certificate("/certificates/shop").SerialNumber; got.Cmp(before) != 0 {
		t.Errorf("while another one waits to be signed the newest is %v, want %v", got, before)
	}
	c.data("owner", http.MethodDelete, "/certificates/shop/pending", "", http.StatusOK)
	if got := c.certificate("/certificates/shop").SerialNumber; got.Cmp(before) != 0 {
		t.Errorf("after the one that waited was given up the newest is %v, want %v", got, before)
	}
}

// sign is what an authority outside of the vault does.
func sign(t *testing.T, csr *x509.CertificateRequest, now time.Time) []byte {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: csr.Subject, NotBefore: now, NotAfter: now.AddDate(0, 3, 0)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, csr.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestContactsAreTheVaults(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	c.data("owner", http.MethodGet, "/certificates/contacts", "", http.StatusNotFound)
	c.data("owner", http.MethodPut, "/certificates/contacts", `{"contacts":[{"email":"a@example.com"}]}`, http.StatusOK)
	got := c.data("owner", http.MethodGet, "/certificates/contacts", "", http.StatusOK)
	if list, _ := got["contacts"].([]any); len(list) != 1 {
		t.Fatalf("the contacts are %v", got)
	}
	c.data("owner", http.MethodDelete, "/certificates/contacts", "", http.StatusOK)
}

func TestACertificateIsImportedWithItsKey(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.open("")
	c.data("owner", http.MethodPost, "/certificates/one/create", policyBody("Self", "application/x-pkcs12", true), http.StatusAccepted)
	pfx := at(t, c.data("owner", http.MethodGet, "/secrets/one", "", http.StatusOK), "value")
	c.data("owner", http.MethodPost, "/certificates/two/import", `{"value":"`+pfx+`"}`, http.StatusOK)
	if !c.certificate("/certificates/two").Equal(c.certificate("/certificates/one")) {
		t.Fatal("the imported certificate is another one")
	}
	c.data("owner", http.MethodPost, "/certificates/three/import", `{"value":"bm90aGluZw=="}`, http.StatusBadRequest)
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
