package authn_test

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkitest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// issuing is a gateway with Terrace's own authority of workloads.
type issuing struct {
	*world
	authorities *pki.Service
}

func startIssuing(t *testing.T) *issuing {
	t.Helper()
	w := &issuing{authorities: pkitest.Start(t, pki.Options{})}
	w.world = start(t, func(c *authn.Config) { c.Workloads = w.authorities.Workloads() })
	return w
}

// certificate is one of a workload, given as tenant/project/stage/workload.
func (w *issuing) certificate(t *testing.T, of string) tls.Certificate {
	t.Helper()
	p := strings.Split(of, "/")
	return pkitest.Workload(t, w.authorities, pki.Workload{Scope: kernel.Scope{Tenant: p[0], Project: p[1], Stage: p[2]}, Name: p[3]})
}

// rotate has another key sign.
func (w *issuing) rotate(t *testing.T, distrust bool) {
	t.Helper()
	if _, err := w.authorities.Rotate(t.Context(), pki.Rotation{Workloads: true, Distrust: distrust}); err != nil {
		t.Fatal(err)
	}
}

// ask shows a certificate over a new connection.
func (w *issuing) ask(t *testing.T, cert tls.Certificate, headers ...string) authntest.Answer {
	t.Helper()
	c := w.NewClient(cert)
	defer c.CloseIdleConnections()
	return w.With(t, c, http.MethodGet, authntest.Host, "/", headers...)
}

const ofWorkloads = `{"providers": [{"name": "inside", "mtls": {"platformAuthority": true%s}}],
	"claimsToHeaders": [{"claim": "workload", "header": "X-Workload"}, {"claim": "project", "header": "X-Project"}]}`

func TestWorkloadsProveThemselvesByTheOwnAuthority(t *testing.T) {
	t.Parallel()
	w := startIssuing(t)
	w.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(ofWorkloads, `, "allow": [{"project": "shop", "workload": "bill*"}, {"project": "warehouse", "stage": "dev"}]`))
	stranger := newAuthority(t, "Terrace workloads")
	forged := client("spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/billing")
	cases := []struct {
		reason, of string
		cert       *tls.Certificate
		status     int
	}{
		{"a workload that is taken", "acme/shop/dev/billing", nil, http.StatusOK},
		{"of each of its stages", "acme/shop/prod/billing", nil, http.StatusOK},
		{"of another project of the tenant", "acme/warehouse/dev/stock", nil, http.StatusOK},
		{"of a stage that is not taken", "acme/warehouse/prod/stock", nil, http.StatusUnauthorized},
		{"a workload that is not taken", "acme/shop/dev/orders", nil, http.StatusUnauthorized},
		{"the same of another tenant", "rival/shop/dev/billing", nil, http.StatusUnauthorized},
		{"signed by another authority", "", new(pair(t, forged, &stranger)), http.StatusUnauthorized},
		{"signed by itself", "", new(pair(t, client("spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/billing"), nil)), http.StatusUnauthorized},
	}
	for _, c := range cases {
		cert := c.cert
		if cert == nil {
			cert = new(w.certificate(t, c.of))
		}
		for range 2 {
			a := w.ask(t, *cert, "X-Workload", "forged", "x_project", "forged")
			if a.StatusCode != c.status {
				t.Errorf("%s: %d %s", c.reason, a.StatusCode, a.Body)
			}
			if p := strings.Split(c.of, "/"); c.status == http.StatusOK && (a.Seen.Header.Get("X-Workload") != p[3] || a.Seen.Header.Get("X-Project") != p[1] || a.Seen.Header["X_project"] != nil) {
				t.Errorf("%s: %v", c.reason, a.Seen.Header)
			}
		}
	}
	cert := w.certificate(t, "acme/shop/dev/billing")
	w.clock.advance(2 * time.Hour)
	if a := w.ask(t, cert); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("one that has ended: %d", a.StatusCode)
	}
}

func TestAnotherKeyOfTheOwnAuthorityCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := startIssuing(t)
	w.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(ofWorkloads, ""))
	old := w.certificate(t, "acme/shop/dev/billing")
	for round := range 5 {
		if round > 0 {
			w.rotate(t, false)
		}
		young := w.certificate(t, "acme/shop/dev/billing")
		if a := w.ask(t, young); a.StatusCode != http.StatusOK {
			t.Errorf("round %d, the key that signs now: %d %s", round, a.StatusCode, a.Body)
		}
		if a := w.ask(t, old); a.StatusCode != http.StatusOK {
			t.Errorf("round %d, the first one: %d %s", round, a.StatusCode, a.Body)
		}
	}
	w.rotate(t, true)
	if a := w.ask(t, old); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("distrusted, though it was remembered: %d", a.StatusCode)
	}
}

// TestARevokedWorkloadIsRefused has one be revoked that was let in a moment ago.
func TestARevokedWorkloadIsRefused(t *testing.T) {
	t.Parallel()
	w := startIssuing(t)
	w.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(ofWorkloads, ""))
	lost, other := w.certificate(t, "acme/shop/dev/billing"), w.certificate(t, "acme/shop/dev/billing")
	if a := w.ask(t, lost); a.StatusCode != http.StatusOK {
		t.Fatalf("before: %d %s", a.StatusCode, a.Body)
	}
	if err := w.authorities.Revoke(t.Context(), kernel.Scope{Tenant: "acme"}, lost.Leaf.SerialNumber.Text(16), pki.KeyCompromise); err != nil {
		t.Fatal(err)
	}
	if a := w.ask(t, lost); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("revoked: %d", a.StatusCode)
	}
	if a := w.ask(t, other); a.StatusCode != http.StatusOK {
		t.Errorf("another one of the workload: %d %s", a.StatusCode, a.Body)
	}
}

// TestACompanysAuthorityIsNotTerraces: what another authority says of projects does not
// count, and beside it Terrace's own may be trusted, too.
func TestACompanysAuthorityIsNotTerraces(t *testing.T) {
	t.Parallel()
	w := startIssuing(t)
	company := newAuthority(t, "acme")
	bundle, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: company.Certificate[0]})))
	w.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(ofWorkloads, fmt.Sprintf(`, "authorities": %s, "allow": [{"project": "shop"}, {"commonName": "partner"}]`, bundle)))
	claims := client("spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/billing")
	if a := w.ask(t, pair(t, claims, &company)); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a project that the company's authority tells: %d %s", a.StatusCode, a.Body)
	}
	partner := client("spiffe://acme/partner")
	partner.Subject.CommonName = "partner"
	if a := w.ask(t, pair(t, partner, &company)); a.StatusCode != http.StatusOK || a.Seen.Header.Get("X-Project") != "" {
		t.Errorf("the company's: %d %v", a.StatusCode, a.Seen.Header)
	}
	if a := w.ask(t, w.certificate(t, "acme/shop/dev/billing")); a.StatusCode != http.StatusOK {
		t.Errorf("Terrace's: %d", a.StatusCode)
	}
	for spec, says := range map[string]string{
		`{}`: "no authority is trusted",
		`{"platformAuthority": true, "allow": [{}]}`:                                   "it says nothing of the certificate",
		fmt.Sprintf(`{"authorities": %s, "allow": [{"workload": "billing"}]}`, bundle): "which the policy does not trust",
	} {
		policy := gateway.Policy{Name: "p", Kind: authn.KindName, Spec: json.RawMessage(`{"providers": [{"name": "x", "mtls": ` + spec + `}]}`)}
		_, err := w.Service.PutPolicy(t.Context(), authntest.Dev(), policy)
		known, ok := errors.AsType[*kernel.Error](err)
		if !ok || !strings.Contains(fmt.Sprint(known.Problems), says) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
