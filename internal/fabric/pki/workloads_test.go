package pki_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// billing is a request of a workload.
func billing(t testing.TB) pki.Request {
	t.Helper()
	return pki.Request{Holder: pki.Holder{Kind: pki.HolderWorkload, Scope: shop(), Name: "billing"}, CSR: csr(t, newKey(t))}
}

func asked(t testing.TB, s *pki.Service, r pki.Request) *x509.Certificate {
	t.Helper()
	issued, _, err := s.Ask(operator(t), r)
	must(t, err)
	return issued.Leaf
}

// holds is what the gateway does with a certificate: it looks again where it does not hold.
func holds(w *pki.Workloads, leaf *x509.Certificate) bool {
	for range 2 {
		_, _, ok := w.Whose(leaf)
		_, err := leaf.Verify(x509.VerifyOptions{Roots: w.Roots(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if ok && err == nil {
			return true
		}
		if w.Look() != nil {
			return false
		}
	}
	return false
}

func TestACertificateSaysWhichWorkloadItsHolderIs(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s := i.control(t, "")
	w := i.gateway(t).Workloads()
	leaf := asked(t, s, billing(t))
	scope, name, ok := w.Whose(leaf)
	if !holds(w, leaf) || !ok || scope != shop() || name != "billing" || leaf.URIs[0].String() != "spiffe://localhost/tenant/acme/project/shop/stage/dev/workload/billing" || len(leaf.DNSNames) > 0 {
		t.Errorf("%v %s %v", scope, name, leaf.URIs)
	}
	if verify([]*x509.Certificate{leaf}, w.Roots(), time.Now(), x509.ExtKeyUsageServerAuth, "") == nil {
		t.Error("it is good for a server")
	}
	for _, text := range []string{
		"spiffe://evil/tenant/acme/project/shop/stage/prod/workload/billing", "spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/",
		"spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/a/b", "https://localhost/tenant/acme/project/shop/stage/prod/workload/billing",
		"spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/%62illing", "spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/billing?x",
	} {
		u, err := url.Parse(text)
		must(t, err)
		if _, _, ok := w.Whose(&x509.Certificate{URIs: []*url.URL{u}, SerialNumber: leaf.SerialNumber}); ok {
			t.Errorf("%s is a workload", text)
		}
	}
}

// TestAnotherKeySignsForWorkloads rotates again and again, with a gateway that is told nothing.
func TestAnotherKeySignsForWorkloads(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		s := i.control(t, "")
		w := i.gateway(t).Workloads()
		old := asked(t, s, billing(t))
		same := w.Roots()
		must(t, w.Look())
		if w.Roots() != same {
			t.Error("roots change where nothing has")
		}
		for range 3 {
			_, err := s.Rotate(operator(t), pki.Rotation{Workloads: true})
			must(t, err)
			young := asked(t, s, billing(t))
			if !holds(w, young) || !holds(w, old) || old.Issuer.String() == young.Issuer.String() {
				t.Error("a certificate does not hold after a rotation")
			}
		}
		_, err := s.Rotate(operator(t), pki.Rotation{Workloads: true, Distrust: true})
		must(t, err)
		must(t, w.Look())
		if holds(w, old) {
			t.Error("what is distrusted holds")
		}
		if !holds(w, asked(t, s, billing(t))) {
			t.Error("the last does not hold")
		}
	})
}

func TestARevokedWorkloadIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		s := i.control(t, "")
		w := i.gateway(t).Workloads()
		leaf, other := asked(t, s, billing(t)), asked(t, s, billing(t))
		if !holds(w, leaf) || !holds(w, other) {
			t.Fatal("they do not hold")
		}
		roots := w.Roots()
		_, err := s.Withdraw(operator(t), "acme", leaf.SerialNumber.Text(16), pki.KeyCompromise, "it was in a log")
		must(t, err)
		must(t, w.Look())
		if holds(w, leaf) || w.Roots() == roots {
			t.Error("a revoked certificate holds")
		}
		if !holds(w, other) {
			t.Error("another one does not hold")
		}
		if _, err := s.Withdraw(operator(t), "acme", leaf.SerialNumber.Text(16), pki.KeyCompromise, ""); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("revoked twice: %v", err)
		}
	})
}

func TestASignerThatEndsIsReplaced(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s := i.control(t, "")
	old := asked(t, s, billing(t))
	i.clock.advance(4 * 365 * day)
	must(t, s.Maintain(t.Context()))
	young := asked(t, s, billing(t))
	if young.Issuer.String() == old.Issuer.String() {
		t.Error("the same key signs")
	}
	must(t, verify([]*x509.Certificate{young}, s.Workloads().Roots(), i.clock.now(), x509.ExtKeyUsageClientAuth, ""))
}

func TestAWorkloadOfAMeshIsAServerAsWell(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s := i.control(t, "")
	r := billing(t)
	r.Profile = pki.ProfilePeer
	leaf := asked(t, s, r)
	for _, use := range []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth} {
		must(t, verify([]*x509.Certificate{leaf}, s.Workloads().Roots(), time.Now(), use, ""))
	}
	if all := s.Workloads().Authorities(); len(all) != 1 || all[0].Subject.String() != leaf.Issuer.String() || s.Workloads().Domain() != "localhost" {
		t.Errorf("%d authorities", len(all))
	}
}

func TestOfARequestItsKeyCounts(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s := i.control(t, "")
	_, strong, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	r := billing(t)
	r.CSR = csr(t, strong)
	if leaf := asked(t, s, r); len(leaf.DNSNames) != 0 || !strong.Public().(ed25519.PublicKey).Equal(leaf.PublicKey) { //nolint:forcetypeassert // what it is
		t.Errorf("%v", leaf.DNSNames)
	}
	block, _ := pem.Decode(r.CSR)
	block.Bytes[len(block.Bytes)-1] ^= 1
	for reason, change := range map[string]func(*pki.Request){
		"a weak key": func(r *pki.Request) { r.CSR = csr(t, weak) }, "no request": func(r *pki.Request) { r.CSR = []byte("x") },
		"a signature that is wrong": func(r *pki.Request) { r.CSR = pem.EncodeToMemory(block) },
		"no stage":                  func(r *pki.Request) { r.Holder.Scope.Stage = "" }, "a path": func(r *pki.Request) { r.Holder.Name = "a/b" },
		"a long life": func(r *pki.Request) { r.Life = 90 * day }, "a name": func(r *pki.Request) { r.Names = []string{host} },
		"for a server": func(r *pki.Request) { r.Profile = pki.ProfileServer }, "a kind that is Terrace's": func(r *pki.Request) { r.Holder.Kind = pki.HolderPlatform },
	} {
		r := billing(t)
		change(&r)
		if _, _, err := s.Ask(operator(t), r); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}
