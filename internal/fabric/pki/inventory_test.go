package pki_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/fabric/pki/pkisql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// row is a certificate of the inventory that was never made.
func row(n int, kind pki.HolderKind, scope kernel.Scope, ends time.Time) pki.Entry {
	name := fmt.Sprintf("x%d.example.org", n)
	return pki.Entry{
		ID: fmt.Sprintf("%032x", n), Serial: fmt.Sprintf("%x", n), Holder: pki.Holder{Kind: kind, Scope: scope, Name: name}, Names: []string{name, "www." + name}, Issuer: "ca_1",
		IssuerName: "O=Terrace", Profile: pki.ProfileServer, KeyAlgorithm: "ECDSA P-256", NotBefore: ends.Add(-90 * day), NotAfter: ends, IssuedAt: ends.Add(-90 * day), DER: []byte{1},
	}
}

func TestTheInventoryIsPaged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		s, store, now := i.control(t, ""), pkisql.NewStore(i.db), i.clock.now().Truncate(time.Second)
		dev, other := shop(), kernel.Scope{Tenant: "acme", Project: "bank", Stage: "dev"}
		var rows []pki.Entry
		for n := range 25 {
			scope := dev
			if n%5 == 0 {
				scope = other
			}
			rows = append(rows, row(n, pki.HolderKinds()[n%3], scope, now.Add(time.Duration(n/2-5)*day)))
		}
		rows = append(rows, row(100, pki.HolderRoute, kernel.Scope{Tenant: "other"}, now))
		must(t, store.Add(t.Context(), rows))
		must(t, store.Add(t.Context(), rows[:3])) // once more is nothing
		must(t, store.Revoke(t.Context(), rows[20].ID, pki.Revocation{At: now, Reason: pki.Superseded}))
		i.roles["ada"] = []string{"certificate.read acme", "certificate.read acme/bank"}
		list := func(who string, f pki.Filter) (found []pki.Entry) {
			t.Helper()
			for cursor := ""; ; {
				page, err := s.Certificates(as(t.Context(), who, "acme"), "acme", f, kernel.PageRequest{Limit: 4, Cursor: cursor})
				must(t, err)
				found = append(found, page.Items...)
				if cursor = page.Next; cursor == "" {
					return found
				}
			}
		}
		all := list("operator", pki.Filter{})
		if len(all) != 25 || !slices.IsSortedFunc(all, func(a, b pki.Entry) int { return a.NotAfter.Compare(b.NotAfter) }) {
			t.Errorf("%d, in order %v", len(all), all)
		}
		for reason, c := range map[string]struct {
			who  string
			f    pki.Filter
			want int
		}{
			"what a project has": {"ada", pki.Filter{}, 5}, "a kind": {"operator", pki.Filter{Kind: pki.HolderRoute}, 9}, "a holder": {"operator", pki.Filter{Name: "x7.example.org"}, 1},
			"those that end": {"operator", pki.Filter{Before: now}, 10}, "valid": {"operator", pki.Filter{State: pki.Valid}, 12}, "expired": {"operator", pki.Filter{State: pki.Expired}, 12},
			"revoked": {"operator", pki.Filter{State: pki.Revoked}, 1}, "an authority": {"operator", pki.Filter{Issuer: "ca_1", State: pki.Valid}, 12}, "none": {"operator", pki.Filter{Issuer: "ca_2"}, 0},
		} {
			if n := len(list(c.who, c.f)); n != c.want {
				t.Errorf("%s: %d, want %d", reason, n, c.want)
			}
		}
		if _, err := s.Certificates(operator(t), "acme", pki.Filter{}, kernel.PageRequest{Cursor: "x"}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("a cursor of nothing: %v", err)
		}
		for reason, id := range map[string]string{"another project's": rows[1].ID, "another tenant's": rows[25].ID, "nobody's": "0"} {
			if _, err := s.Show(as(t.Context(), "ada", "acme"), "acme", id); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s: %v", reason, err)
			}
		}
		i.clock.advance(91 * day)
		must(t, s.Tidy(t.Context()))
		if n := len(list("operator", pki.Filter{})); n != 11 {
			t.Errorf("%d are kept long after their end", n)
		}
	})
}

// TestWhatEndsIsToldOnce has two processes look.
func TestWhatEndsIsToldOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, i *installation) {
		one, two, store := i.control(t, ""), i.control(t, ""), pkisql.NewStore(i.db)
		now := i.clock.now()
		alone, renewed, later := row(1, pki.HolderACME, shop(), now.Add(40*day)), row(2, pki.HolderDomain, shop(), now.Add(40*day)), row(2, pki.HolderDomain, shop(), now.Add(90*day))
		later.ID = "later"
		short := row(3, pki.HolderACME, shop(), now.Add(10*day))
		short.NotBefore = now.Add(-2 * day)
		must(t, store.Add(t.Context(), []pki.Entry{alone, renewed, later, short}))
		told := func(fact string) (out []string) {
			for _, f := range i.facts.of(fact) {
				if f.Subject != "later" {
					out = append(out, f.Subject[len(f.Subject)-1:]+fmt.Sprint(":", f.Data.(map[string]any)["days"])) //nolint:forcetypeassert // what it is
				}
			}
			return out
		}
		for range 45 {
			i.clock.advance(day)
			must(t, one.Alert(t.Context()))
			must(t, two.Alert(t.Context()))
		}
		if got := told("certificate.expiring"); !slices.Equal(got, []string{"3:1", "1:30", "1:7", "1:1"}) {
			t.Errorf("ending: %v", got)
		}
		if got := told("certificate.expired"); !slices.Equal(got, []string{"3:<nil>", "1:<nil>"}) {
			t.Errorf("ended: %v", got)
		}
	})
}

func TestACertificateIsRenewed(t *testing.T) {
	t.Parallel()
	i := sqlite(t)
	s := i.control(t, "")
	first, e, err := s.Ask(operator(t), orders(t))
	must(t, err)
	i.clock.advance(10 * day)
	second, renewed, err := s.Renew(operator(t), "acme", first.Serial, nil)
	must(t, err)
	before, err := s.Show(operator(t), "acme", e.ID)
	must(t, err)
	if before.RenewedBy != second.Serial || renewed.RenewedFrom != first.Serial || !slices.Equal(second.Leaf.DNSNames, first.Leaf.DNSNames) || second.Leaf.NotAfter.Sub(first.Leaf.NotAfter).Round(day) != 10*day {
		t.Errorf("%+v", renewed)
	}
	if len(i.facts.of("certificate.renewed")) != 1 {
		t.Error("it is not told")
	}
	_ = shown(t, s.Authority(), host)
	must(t, s.Write(t.Context()))
	page, err := s.Certificates(operator(t), "default", pki.Filter{Kind: pki.HolderRoute}, kernel.PageRequest{})
	must(t, err)
	if _, _, err := s.Renew(operator(t), "default", page.Items[0].ID, nil); !kernel.Is(err, kernel.Refused) {
		t.Errorf("the gateway's: %v", err)
	}
}

func TestNamesThatAreNotCertified(t *testing.T) {
	t.Parallel()
	s := sqlite(t).control(t, "")
	for _, name := range []string{"orders.prod.shop.localhost", "localhost", "example.org", "*.*.dev.shop.localhost", "a*.dev.shop.localhost", "127.0.0.1", "", "..", "*"} {
		if err := s.CheckNames(t.Context(), shop(), []string{name}); err == nil {
			t.Errorf("%q is certified", name)
		}
	}
	for _, names := range [][]string{nil, make([]string, 101)} {
		if err := s.CheckNames(t.Context(), shop(), names); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%d names: %v", len(names), err)
		}
	}
	must(t, s.CheckNames(t.Context(), shop(), []string{host, "*.dev.shop.localhost"}))
	key := newKey(t).Public()
	at := time.Now().Add(time.Hour).Truncate(time.Second)
	o := pki.Order{Holder: pki.Holder{Kind: pki.HolderACME, Scope: shop(), Name: "acct"}, DNSNames: []string{"Orders.Dev.Shop.localhost"}, PublicKey: key, Profile: pki.ProfileServer, NotBefore: at, NotAfter: at.Add(200 * day)}
	issued, err := s.Issue(t.Context(), o)
	must(t, err)
	if leaf := issued.Leaf; !leaf.NotBefore.Equal(at) || leaf.NotAfter.After(time.Now().Add(pki.MaxLeafLife)) || leaf.DNSNames[0] != host {
		t.Errorf("from %s to %s for %v", leaf.NotBefore, leaf.NotAfter, leaf.DNSNames)
	}
	o.NotAfter = at.Add(-2 * time.Hour)
	if _, err := s.Issue(t.Context(), o); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("ended before it began: %v", err)
	}
}
