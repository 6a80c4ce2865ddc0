package acmewire_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	zacmez "github.com/mholt/acmez/v3"
	zacme "github.com/mholt/acmez/v3/acme"
	xacme "golang.org/x/crypto/acme"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestTheLifeOfAnAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx, c := t.Context(), f.client(t)
		if _, err := c.GetReg(ctx, ""); !errors.Is(err, xacme.ErrNoAccount) {
			t.Errorf("before there is one: %v", err)
		}
		made, err := c.Register(ctx, &xacme.Account{Contact: []string{"mailto:ada@example.com"}}, xacme.AcceptTOS)
		if err != nil || made.Status != xacme.StatusValid {
			t.Fatalf("%+v, %v", made, err)
		}
		if _, err := (&xacme.Client{Key: c.Key, DirectoryURL: f.directory()}).Register(ctx, &xacme.Account{}, xacme.AcceptTOS); !errors.Is(err, xacme.ErrAccountAlreadyExists) {
			t.Errorf("a second one: %v", err)
		}
		if a, err := c.UpdateReg(ctx, &xacme.Account{Contact: []string{"mailto:bob@example.com"}}); err != nil || !slices.Equal(a.Contact, []string{"mailto:bob@example.com"}) {
			t.Errorf("%+v, %v", a, err)
		}
		_, err = c.UpdateReg(ctx, &xacme.Account{Contact: []string{"tel:1"}})
		wantProblem(t, "a telephone", err, acme.UnsupportedContact)
		_, err = c.UpdateReg(ctx, &xacme.Account{Contact: []string{"mailto:a@example.com?cc=b@example.com"}})
		wantProblem(t, "fields", err, acme.InvalidContact)

		before, next := c.Key, newKey(t)
		if err := c.AccountKeyRollover(ctx, next); err != nil {
			t.Fatal(err)
		}
		if _, err := c.AuthorizeOrder(ctx, xacme.DomainIDs("a.dev.shop.test")); err != nil {
			t.Errorf("with the new key: %v", err)
		}
		if _, err := (&xacme.Client{Key: before, DirectoryURL: f.directory()}).GetReg(ctx, ""); !errors.Is(err, xacme.ErrNoAccount) {
			t.Errorf("with the old key: %v", err)
		}
		taken := f.registered(t)
		if err := c.AccountKeyRollover(ctx, taken.Key); err == nil {
			t.Error("a key that another account has is taken")
		}
		if err := c.DeactivateReg(ctx); err != nil {
			t.Fatal(err)
		}
		_, err = c.AuthorizeOrder(ctx, xacme.DomainIDs("a.dev.shop.test"))
		wantProblem(t, "a deactivated account", err, acme.Unauthorized)
		for _, kind := range []string{"acme-account.created", "acme-account.changed", "acme-account.rekeyed", "acme-account.deactivated"} {
			if !f.facts.has(kind) {
				t.Errorf("%s is not told", kind)
			}
		}
	})
}

func TestExternalAccountBinding(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.Open = nil
		k, hmac, err := f.CreateKey(ctx, kernel.Scope{Tenant: "corp", Project: "shop", Stage: "prod"}, "certbot", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		register := func(id string, secret []byte) (*xacme.Client, error) {
			c := f.client(t)
			a := &xacme.Account{}
			if id != "" {
				a.ExternalAccountBinding = &xacme.ExternalAccountBinding{KID: id, Key: secret}
			}
			_, err := c.Register(ctx, a, xacme.AcceptTOS)
			return c, err
		}
		_, err = register("", nil)
		wantProblem(t, "without one", err, acme.ExternalAccountRequired)
		_, err = register(k.ID, []byte(strings.Repeat("x", 32)))
		wantProblem(t, "another secret", err, acme.Unauthorized)
		_, err = register("eab_x", secret(t, hmac))
		wantProblem(t, "another key", err, acme.Unauthorized)
		c, err := register(k.ID, secret(t, hmac))
		if err != nil {
			t.Fatal(err)
		}
		f.issued(t, c, acme.HTTP01, newKey(t), "a.prod.shop.test")
		_, err = c.AuthorizeOrder(ctx, xacme.DomainIDs("a.dev.shop.test"))
		wantProblem(t, "a name of another scope", err, acme.RejectedIdentifier)

		page, err := f.ListKeys(ctx, "corp", kernel.PageRequest{})
		if err != nil || len(page.Items) != 1 || page.Items[0].ID != k.ID || page.Items[0].Sealed != nil {
			t.Errorf("%+v, %v", page, err)
		}
		if page, err := f.ListKeys(ctx, "other", kernel.PageRequest{}); err != nil || len(page.Items) != 0 {
			t.Errorf("another tenant's: %+v, %v", page, err)
		}
		if err := f.RevokeKey(ctx, "other", k.ID); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant's: %v", err)
		}
		f.later(2 * time.Hour)
		_, err = register(k.ID, secret(t, hmac))
		wantProblem(t, "an expired key", err, acme.Unauthorized)
		if err := f.RevokeKey(ctx, "corp", k.ID); err != nil {
			t.Fatal(err)
		}
		_, err = c.AuthorizeOrder(ctx, xacme.DomainIDs("a.prod.shop.test"))
		wantProblem(t, "an account of a revoked key", err, acme.Unauthorized)
		if raw, err := json.Marshal(f.facts.all); err != nil || strings.Contains(string(raw), hmac) {
			t.Error("the secret is told")
		}
	})
}

// TestWhoMayRevoke has each of the three ways of RFC 8555 §7.6, and somebody else.
func TestWhoMayRevoke(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx, owner, other := t.Context(), f.registered(t), f.registered(t)
		one := f.issued(t, owner, acme.HTTP01, newKey(t), "a.dev.shop.test")
		key := newKey(t)
		two := f.issued(t, owner, acme.DNS01, key, "*.dev.shop.test")
		three := f.issued(t, owner, acme.HTTP01, newKey(t), "c.dev.shop.test", "d.dev.shop.test")

		wantProblem(t, "somebody else", other.RevokeCert(ctx, nil, one.Raw, xacme.CRLReasonUnspecified), acme.Unauthorized)
		wantProblem(t, "another key", f.client(t).RevokeCert(ctx, newKey(t), one.Raw, xacme.CRLReasonUnspecified), acme.Unauthorized)
		wantProblem(t, "a reason for authorities", owner.RevokeCert(ctx, nil, one.Raw, xacme.CRLReasonCACompromise), acme.BadRevocationReason)
		wantProblem(t, "garbage", owner.RevokeCert(ctx, nil, []byte("x"), xacme.CRLReasonUnspecified), acme.Malformed)
		wantProblem(t, "one of elsewhere", owner.RevokeCert(ctx, nil, f.issuer.cert.Raw, xacme.CRLReasonUnspecified), acme.Malformed)
		if err := owner.RevokeCert(ctx, nil, one.Raw, xacme.CRLReasonSuperseded); err != nil {
			t.Errorf("the account: %v", err)
		}
		// x/crypto's client takes "already revoked" for done; acmez tells it.
		account, z := f.acmez(t)
		err := z.RevokeCertificate(ctx, account, one, nil, 0)
		if told, ok := errors.AsType[zacme.Problem](err); !ok || !strings.HasSuffix(told.Type, acme.Unauthorized) {
			t.Errorf("somebody else, of one that is revoked: %v", err)
		}
		if err := f.client(t).RevokeCert(ctx, key, two.Raw, xacme.CRLReasonKeyCompromise); err != nil {
			t.Errorf("who has the key: %v", err)
		}
		wantProblem(t, "who has proven none of the names", other.RevokeCert(ctx, nil, three.Raw, xacme.CRLReasonUnspecified), acme.Unauthorized)
		f.issued(t, other, acme.HTTP01, newKey(t), "c.dev.shop.test")
		wantProblem(t, "who has proven some of the names", other.RevokeCert(ctx, nil, three.Raw, xacme.CRLReasonUnspecified), acme.Unauthorized)
		f.issued(t, other, acme.HTTP01, newKey(t), "d.dev.shop.test")
		if err := other.RevokeCert(ctx, nil, three.Raw, xacme.CRLReasonUnspecified); err != nil {
			t.Errorf("who has proven all names: %v", err)
		}
		f.issuer.mu.Lock()
		defer f.issuer.mu.Unlock()
		for leaf, reason := range map[*x509.Certificate]int{one: 4, two: 1, three: 0} {
			if got, ok := f.issuer.revoked[leaf.SerialNumber.Text(16)]; !ok || got != reason {
				t.Errorf("%v: %d, %v", leaf.DNSNames, got, ok)
			}
		}
	})
}

// acmez is another client, with an account.
func (f *fixture) acmez(t *testing.T) (zacme.Account, *zacmez.Client) {
	t.Helper()
	c := &zacmez.Client{Client: &zacme.Client{Directory: f.directory(), PollInterval: 20 * time.Millisecond}, ChallengeSolvers: map[string]zacmez.Solver{zacme.ChallengeTypeHTTP01: solver{f}}}
	a, err := c.NewAccount(t.Context(), zacme.Account{TermsOfServiceAgreed: true, PrivateKey: newKey(t)})
	if err != nil {
		t.Fatal(err)
	}
	return a, c
}

// solver meets challenges of acmez.
type solver struct{ f *fixture }

func (s solver) Present(_ context.Context, c zacme.Challenge) error {
	s.f.world.put(c.HTTP01ResourcePath(), c.KeyAuthorization)
	return nil
}

func (solver) CleanUp(context.Context, zacme.Challenge) error { return nil }

// TestRenewalInformation has acmez, which knows RFC 9773, ask when to renew, and do so.
func TestRenewalInformation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		account, c := f.acmez(t)
		obtain := func(replaces *x509.Certificate) (*x509.Certificate, error) {
			params, err := zacmez.OrderParametersFromCSR(account, csrOf(t, newKey(t), "a.dev.shop.test"))
			if err != nil {
				t.Fatal(err)
			}
			params.Replaces = replaces
			all, err := c.ObtainCertificate(ctx, params)
			if err != nil {
				return nil, err
			}
			return leafOf(t, all[0].ChainPEM), nil
		}
		first, err := obtain(nil)
		if err != nil {
			t.Fatal(err)
		}
		info, err := c.GetRenewalInfo(ctx, first)
		life := first.NotAfter.Sub(first.NotBefore)
		if err != nil || info.SuggestedWindow.Start.Before(first.NotBefore.Add(life*2/3-time.Second)) || !info.SuggestedWindow.End.Before(first.NotAfter) || info.RetryAfter == nil || time.Until(*info.RetryAfter) < 5*time.Hour {
			t.Fatalf("%+v, %v", info, err)
		}
		second, err := obtain(first)
		if err != nil {
			t.Fatal(err)
		}
		id, err := zacme.ARIUniqueIdentifier(first)
		if err != nil {
			t.Fatal(err)
		}
		// ObtainCertificate would order without it then.
		if _, err := c.NewOrder(ctx, account, zacme.Order{Identifiers: []zacme.Identifier{{Type: "dns", Value: "a.dev.shop.test"}}, Replaces: id}); err == nil || !strings.Contains(err.Error(), acme.AlreadyReplaced) {
			t.Errorf("replaced twice: %v", err)
		}
		foreign := f.issued(t, f.registered(t), acme.HTTP01, newKey(t), "a.dev.shop.test")
		if _, err := obtain(foreign); err == nil || !strings.Contains(err.Error(), acme.Unauthorized) {
			t.Errorf("another account's: %v", err)
		}
		if err := c.RevokeCertificate(ctx, account, second, nil, 4); err != nil {
			t.Fatal(err)
		}
		if info, err := c.GetRenewalInfo(ctx, second); err != nil || info.SuggestedWindow.End.After(time.Now()) {
			t.Errorf("of a revoked one: %+v, %v", info, err)
		}
		if _, err := c.GetRenewalInfo(ctx, f.issuer.cert); err == nil {
			t.Error("of one that is none of the server's")
		}
	})
}

func csrOf(t *testing.T, key crypto.Signer, names ...string) *x509.CertificateRequest {
	t.Helper()
	csr, err := x509.ParseCertificateRequest(request(t, key, names...))
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

func TestTermsOfService(t *testing.T) {
	t.Parallel()
	f := sqlite(t, func(c *acme.Config) { c.Terms = "https://example.com/terms" })
	c := f.client(t)
	if d, err := c.Discover(t.Context()); err != nil || d.Terms != "https://example.com/terms" || d.ExternalAccountRequired {
		t.Errorf("%+v, %v", d, err)
	}
	_, err := c.Register(t.Context(), &xacme.Account{}, func(string) bool { return false })
	if err == nil {
		t.Error("made without")
	}
	if _, err := c.Register(t.Context(), &xacme.Account{}, xacme.AcceptTOS); err != nil {
		t.Error(err)
	}
}
