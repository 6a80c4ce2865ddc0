package pki_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/crypto/ocsp"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkiapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// public serves what anybody may ask.
func public(t testing.TB, i *installation) (*pki.Service, string) {
	t.Helper()
	router := chi.NewRouter()
	web := httptest.NewServer(router)
	t.Cleanup(web.Close)
	s := i.process(t, func(c *pki.Config) { c.Address = web.URL })
	must(t, s.Prepare(t.Context()))
	pkiapi.Public{PKI: s}.Mount(router)
	return s, web.URL
}

func orders(t testing.TB) pki.Request {
	t.Helper()
	return pki.Request{Holder: pki.Holder{Kind: pki.HolderService, Scope: shop(), Name: "orders"}, Names: []string{host}, CSR: csr(t, newKey(t))}
}

// TestOpenSSLLearnsWhatIsRevoked asks for a status and a list as others do.
func TestOpenSSLLearnsWhatIsRevoked(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("there is no openssl")
	}
	s, _ := public(t, sqlite(t))
	folder := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(folder, name)
		must(t, os.WriteFile(path, content, 0o600))
		return path
	}
	run := func(args ...string) string {
		out, _ := exec.CommandContext(t.Context(), openssl, args...).CombinedOutput() // what it says counts
		return string(out)
	}
	issued, _, err := s.Ask(operator(t), orders(t))
	must(t, err)
	leaf := issued.Leaf
	if len(leaf.OCSPServer) != 1 || len(leaf.CRLDistributionPoints) != 1 || len(leaf.IssuingCertificateURL) != 1 {
		t.Fatalf("the certificate says nothing of its status: %v", leaf.OCSPServer)
	}
	roots := write("roots.pem", s.TrustedRoots())
	chain := write("chain.pem", issued.PEM()[len(pemOf(leaf)):])
	cert := write("leaf.pem", pemOf(leaf))
	status := func() string {
		return run("ocsp", "-issuer", chain, "-cert", cert, "-url", leaf.OCSPServer[0], "-CAfile", roots, "-verify_other", chain)
	}
	checked := func() string {
		list := write("list.pem", run2(t, openssl, leaf.CRLDistributionPoints[0]))
		return run("verify", "-crl_check", "-CRLfile", list, "-CAfile", roots, "-untrusted", chain, "-purpose", "sslserver", "-verify_hostname", host, cert)
	}
	if said := status(); !strings.Contains(said, "Response verify OK") || !strings.Contains(said, "leaf.pem: good") {
		t.Errorf("before: %s", said)
	}
	if said := checked(); !strings.Contains(said, "leaf.pem: OK") {
		t.Errorf("before: %s", said)
	}
	_, err = s.Withdraw(operator(t), "acme", issued.Serial, pki.KeyCompromise, "")
	must(t, err)
	if said := status(); !strings.Contains(said, "leaf.pem: revoked") || !strings.Contains(said, "Reason: keyCompromise") {
		t.Errorf("after: %s", said)
	}
	if said := checked(); !strings.Contains(said, "certificate revoked") {
		t.Errorf("after: %s", said)
	}
}

// run2 fetches a list, and has openssl write it as PEM.
func run2(t *testing.T, openssl, address string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), openssl, "crl", "-inform", "DER")
	c.Stdin = bytes.NewReader(get(t, address))
	out, err := c.Output()
	must(t, err)
	return out
}

func pemOf(cert *x509.Certificate) []byte { return pki.Issued{Chain: []*x509.Certificate{cert}}.PEM() }

func get(t testing.TB, address string) []byte {
	t.Helper()
	resp, err := http.Get(address)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	return body
}

func TestListsAndStatuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		s, web := public(t, i)
		one, _, err := s.Ask(operator(t), orders(t))
		must(t, err)
		issuer := one.Chain[1]
		ask := func(serial *x509.Certificate) *ocsp.Response {
			t.Helper()
			request, err := ocsp.CreateRequest(serial, issuer, nil)
			must(t, err)
			raw := get(t, one.Leaf.OCSPServer[0]+"/"+strings.ReplaceAll(base64.StdEncoding.EncodeToString(request), "/", "%2F"))
			answer, err := ocsp.ParseResponseForCert(raw, serial, issuer)
			must(t, err)
			return answer
		}
		list := func() *x509.RevocationList {
			t.Helper()
			l, err := x509.ParseRevocationList(get(t, one.Leaf.CRLDistributionPoints[0]))
			must(t, err)
			must(t, l.CheckSignatureFrom(issuer))
			return l
		}
		first := list()
		if len(first.RevokedCertificateEntries) != 0 || list().Number.Cmp(first.Number) != 0 || ask(one.Leaf).Status != ocsp.Good {
			t.Error("something is revoked, or each list is another one")
		}
		_, err = s.Withdraw(operator(t), "acme", one.Serial, pki.Superseded, "")
		must(t, err)
		second := list()
		if len(second.RevokedCertificateEntries) != 1 || second.RevokedCertificateEntries[0].ReasonCode != 4 || second.Number.Cmp(first.Number) <= 0 {
			t.Errorf("%+v", second.RevokedCertificateEntries)
		}
		if answer := ask(one.Leaf); answer.Status != ocsp.Revoked || answer.RevocationReason != 4 {
			t.Errorf("%+v", answer)
		}
		// A clock that is an hour behind or ahead takes both.
		for _, skew := range []time.Duration{-time.Hour, time.Hour - time.Minute} {
			now, answer := time.Now().Add(skew), ask(one.Leaf)
			if now.Before(second.ThisUpdate) || now.After(second.NextUpdate) || now.Before(answer.ThisUpdate) || now.After(answer.NextUpdate) {
				t.Errorf("%s: not in force", skew)
			}
		}
		i.clock.advance(13 * time.Hour)
		if list().Number.Cmp(second.Number) <= 0 {
			t.Error("an old list is told")
		}
		// It is in no list any more once it has ended.
		i.clock.advance(31 * day)
		if n := len(list().RevokedCertificateEntries); n != 0 {
			t.Errorf("%d are in the list that have ended", n)
		}
		for _, path := range []string{"/pki/crl/ca_nothing", "/pki/authorities/ca_nothing", "/pki/crl/domain:example.org"} {
			if body := get(t, web+path); !bytes.Contains(body, []byte("404")) {
				t.Errorf("%s: %s", path, body)
			}
		}
		if body := get(t, web+"/pki/roots"); !bytes.Equal(body, s.TrustedRoots()) {
			t.Errorf("roots: %s", body)
		}
		if resp, err := ocsp.ParseResponse(get(t, one.Leaf.OCSPServer[0]+"/AAAA"), nil); err == nil {
			t.Errorf("no request: %+v", resp)
		}
	})
}

// TestCachesKeepWhatIsTold reads heads of RFC 5019, and asks again with them.
func TestCachesKeepWhatIsTold(t *testing.T) {
	t.Parallel()
	s, web := public(t, sqlite(t))
	one, _, err := s.Ask(operator(t), orders(t))
	must(t, err)
	request, err := ocsp.CreateRequest(one.Leaf, one.Chain[1], nil)
	must(t, err)
	status := one.Leaf.OCSPServer[0]
	ask := func(method, address, tag string, body []byte) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
		must(t, err)
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		resp, err := http.DefaultClient.Do(r)
		must(t, err)
		must(t, resp.Body.Close())
		return resp
	}
	list := one.Leaf.CRLDistributionPoints[0]
	for _, address := range []string{list, status + "/" + strings.ReplaceAll(base64.StdEncoding.EncodeToString(request), "/", "%2F")} {
		h := ask(http.MethodGet, address, "", nil).Header
		from, err := http.ParseTime(h.Get("Last-Modified"))
		must(t, err)
		until, err := http.ParseTime(h.Get("Expires"))
		must(t, err)
		if h.Get("Cache-Control") != "public, max-age=60, must-revalidate, no-transform" || !from.Before(until) || h.Get("Etag") == "" {
			t.Errorf("%s: %v", address, h)
		}
	}
	tag := ask(http.MethodGet, list, "", nil).Header.Get("Etag")
	if resp := ask(http.MethodGet, list, tag, nil); resp.StatusCode != http.StatusNotModified {
		t.Errorf("the same list: %d", resp.StatusCode)
	}
	_, err = s.Withdraw(operator(t), "acme", one.Serial, pki.Superseded, "")
	must(t, err)
	if resp := ask(http.MethodGet, list, tag, nil); resp.StatusCode != http.StatusOK {
		t.Errorf("another list: %d", resp.StatusCode)
	}
	for _, resp := range []*http.Response{ask(http.MethodPost, status, "", request), ask(http.MethodGet, status+"/AAAA", "", nil)} {
		if got := resp.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s %s: %q", resp.Request.Method, strings.TrimPrefix(resp.Request.URL.Path, web), got)
		}
	}
}

// TestAStatusIsSignedOnce asks again before and after what an answer says is another one.
func TestAStatusIsSignedOnce(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s, _ := public(t, i)
	one, _, err := s.Ask(operator(t), orders(t))
	must(t, err)
	ask := func(hash crypto.Hash) []byte {
		t.Helper()
		request, err := ocsp.CreateRequest(one.Leaf, one.Chain[1], &ocsp.RequestOptions{Hash: hash})
		must(t, err)
		der := get(t, one.Leaf.OCSPServer[0]+"/"+strings.ReplaceAll(base64.StdEncoding.EncodeToString(request), "/", "%2F"))
		answer, err := ocsp.ParseResponseForCert(der, one.Leaf, one.Chain[1])
		must(t, err)
		if left := answer.NextUpdate.Sub(i.clock.now()); left < time.Hour-time.Minute {
			t.Errorf("an answer is good for %s", left)
		}
		return der
	}
	first := ask(crypto.SHA1)
	i.clock.advance(29 * time.Minute)
	if !bytes.Equal(ask(crypto.SHA1), first) {
		t.Error("the same is signed anew")
	}
	if bytes.Equal(ask(crypto.SHA256), first) {
		t.Error("a request with another hash has the same answer")
	}
	i.clock.advance(2 * time.Minute)
	second := ask(crypto.SHA1)
	if bytes.Equal(second, first) {
		t.Error("an old answer is given")
	}
	_, err = s.Withdraw(operator(t), "acme", one.Serial, pki.Superseded, "")
	must(t, err)
	if bytes.Equal(ask(crypto.SHA1), second) {
		t.Error("what was revoked has the answer from before")
	}
}

// TestADomainsAuthorityTellsWhatItRevoked has one issue for a tenant's domain.
func TestADomainsAuthorityTellsWhatItRevoked(t *testing.T) {
	t.Parallel()
	s, _ := public(t, sqlite(t))
	r := orders(t)
	r.Names = []string{"api.example.com", "*.example.com"}
	one, _, err := s.Ask(operator(t), r)
	must(t, err)
	u, err := s.Authority().Under("example.com")
	must(t, err)
	must(t, server(one.Chain, u.Pool(), time.Now()))
	_, err = s.Withdraw(operator(t), "acme", one.Serial, pki.Superseded, "")
	must(t, err)
	l, err := x509.ParseRevocationList(get(t, one.Leaf.CRLDistributionPoints[0]))
	must(t, err)
	if root := parsed(t, u.RootPEM())[0]; l.CheckSignatureFrom(root) != nil || len(l.RevokedCertificateEntries) != 1 {
		t.Errorf("%+v", l.RevokedCertificateEntries)
	}
	r.Names = []string{"api.example.com", host}
	if _, _, err := s.Ask(operator(t), r); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("names of two authorities: %v", err)
	}
}

// TestARevokedCertificateOfTheGatewayIsReplaced shows another one at the next handshake.
func TestARevokedCertificateOfTheGatewayIsReplaced(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s := i.control(t, "")
	gateway := i.gateway(t)
	first := shown(t, gateway.Authority(), host)[0]
	must(t, gateway.Write(t.Context()))
	_, err := s.Withdraw(operator(t), "default", first.SerialNumber.Text(16), pki.KeyCompromise, "")
	must(t, err)
	must(t, gateway.Load(t.Context()))
	if second := shown(t, gateway.Authority(), host)[0]; second.Equal(first) {
		t.Error("it is shown still")
	}
	must(t, gateway.Write(t.Context()))
	if len(i.facts.of("certificate.renewed")) != 1 {
		t.Error(fmt.Sprint("it is not told: ", i.facts.all))
	}
}
