package upstreamsql_test

import (
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/access/upstream/upstreamsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func each(t *testing.T, test func(t *testing.T, s *upstreamsql.Store)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{upstreamsql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, upstreamsql.NewStore(d)) })
}

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func corp(tenant, name string, order int, domains ...string) upstream.Upstream {
	return upstream.Upstream{
		ID: "upl_" + tenant + "_" + name, Tenant: tenant, Name: name, Issuer: "https://sso.example.com", Secret: []byte{1, 2}, RulesText: "rules: []", CreatedAt: start(), Revision: 1,
		Settings: upstream.Settings{Label: "Corp", ClientID: "terrace", Scopes: []string{"openid"}, Subject: []string{"iss", "sub"}, EmailDomains: domains, Enabled: true, Order: order},
		Rules:    []upstream.Rule{{Name: "a", When: []upstream.Condition{{Claim: "x", Operator: upstream.OneOf, Values: []string{"1", "2"}}}, Role: &upstream.Role{Role: "admin", Project: "shop"}}},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestUpstreamsAreKept by tenant, in their order, and written over what was seen alone.
func TestUpstreamsAreKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *upstreamsql.Store) {
		ctx := t.Context()
		if any, err := s.AnyEnabled(ctx); any || err != nil {
			t.Errorf("any at first: %v %v", any, err)
		}
		first, second := corp("acme", "one", 2, "acme.example", "shared.example"), corp("acme", "two", 1)
		must(t, s.Add(ctx, first))
		must(t, s.Add(ctx, second))
		must(t, s.Add(ctx, corp("blue", "one", 0, "shared.example")))
		again := corp("acme", "one", 0)
		again.ID = "upl_other"
		if err := s.Add(ctx, again); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("a second of the name: %v", err)
		}
		got, err := s.Upstream(ctx, "acme", "one")
		must(t, err)
		if got.Label != "Corp" || string(got.Secret) != "\x01\x02" || got.Rules[0].Role.Project != "shop" || got.Rules[0].When[0].Values[1] != "2" || !got.CreatedAt.Equal(start()) {
			t.Errorf("%+v", got)
		}
		on, err := s.Enabled(ctx, "acme")
		must(t, err)
		if len(on) != 2 || on[0].Name != "two" {
			t.Errorf("the order is %v", on)
		}
		for domain, want := range map[string][]string{"acme.example": {"acme"}, "shared.example": {"acme", "blue"}, "none.example": {}} {
			tenants, err := s.TenantsOf(ctx, domain)
			if slices.Sort(tenants); err != nil || !slices.Equal(tenants, want) {
				t.Errorf("%s is of %v %v", domain, tenants, err)
			}
		}
		got.Enabled, got.Revision, got.Secret = false, 2, nil
		must(t, s.Put(ctx, got, 1))
		if err := s.Put(ctx, got, 1); !kernel.Is(err, kernel.Stale) {
			t.Errorf("over what was not seen: %v", err)
		}
		if tenants, err := s.TenantsOf(ctx, "acme.example"); err != nil || len(tenants) != 0 {
			t.Errorf("one that is off has %v %v", tenants, err)
		}
		page, err := s.Upstreams(ctx, "acme", kernel.PageRequest{Limit: 1})
		must(t, err)
		if len(page.Items) != 1 || page.Items[0].Name != "one" || page.Next != "one" {
			t.Errorf("%+v", page)
		}
	})
}

// TestLinksAndSessionsAreKept, each account once, and go with their upstream.
func TestLinksAndSessionsAreKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *upstreamsql.Store) {
		ctx, u := t.Context(), corp("acme", "one", 0)
		must(t, s.Add(ctx, u))
		l := upstream.Link{
			ID: "lnk_1", Tenant: "acme", Upstream: u.ID, UserID: "usr_1", Account: upstream.Account{Subject: "a", Name: "ada", Email: "ada@acme.example"},
			By: upstream.LinkedAtFirst, LinkedAt: start(), LastUsed: start(), LastGiven: []string{},
		}
		must(t, s.AddLink(ctx, l))
		l.ID = "lnk_2"
		if err := s.AddLink(ctx, l); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("a second of the account: %v", err)
		}
		l.ID, l.LastGiven, l.Account.Name, l.LastUsed = "lnk_1", []string{"a", "b"}, "Ada", start().Add(time.Hour)
		must(t, s.UseLink(ctx, l))
		got, err := s.LinkOf(ctx, u.ID, "a")
		must(t, err)
		if got.Name != "one" || got.Account.Name != "Ada" || !slices.Equal(got.LastGiven, l.LastGiven) || !got.LastUsed.Equal(l.LastUsed) || got.By != upstream.LinkedAtFirst {
			t.Errorf("%+v", got)
		}
		if _, err := s.Link(ctx, "blue", "lnk_1"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("from another tenant: %v", err)
		}
		if _, err := s.LinkOfUser(ctx, u.ID, "usr_1"); err != nil {
			t.Error(err)
		}
		for i, sid := range []string{"x", "y"} {
			must(t, s.AddSession(ctx, upstream.Session{
				ID: "ups_" + sid, Tenant: "acme", Upstream: u.ID, UserID: "usr_1", Link: "lnk_1", Subject: "4711", SID: sid, CreatedAt: start(), ExpiresAt: start().Add(time.Duration(i+1) * time.Hour),
			}))
		}
		for name, f := range map[string]upstream.SessionFilter{"x y": {}, "y": {SID: "y"}, "": {SID: "y", Subject: "other"}, "x y ": {Subject: "4711", Link: "lnk_1"}} {
			list, err := s.SessionsOf(ctx, u.ID, f)
			must(t, err)
			text := ""
			for _, one := range list {
				text += one.SID + " "
			}
			if want := name; text != want && text != want+" " {
				t.Errorf("%+v leaves %s, want %s", f, text, want)
			}
		}
		must(t, s.Spend(ctx, "word", start().Add(time.Minute)))
		if err := s.Spend(ctx, "word", start().Add(time.Minute)); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("spent twice: %v", err)
		}
		must(t, s.Sweep(ctx, start().Add(time.Hour)))
		must(t, s.Spend(ctx, "word", start()))
		if list, err := s.SessionsOf(ctx, u.ID, upstream.SessionFilter{}); err != nil || len(list) != 1 {
			t.Errorf("after the sweep there are %v %v", list, err)
		}
		must(t, s.Remove(ctx, "acme", u.ID))
		if _, err := s.LinkOf(ctx, u.ID, "a"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a link without its upstream: %v", err)
		}
		if err := s.Remove(ctx, "acme", u.ID); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("removed twice: %v", err)
		}
	})
}
