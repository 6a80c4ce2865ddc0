package upstreamsql_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/access/upstream/upstreamsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

type world struct {
	*upstreamsql.Store

	db  *db.DB
	now time.Time
}

func each(t *testing.T, test func(t *testing.T, w world)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{upstreamsql.Migrations()}, func(t *testing.T, d *db.DB) {
		test(t, world{upstreamsql.NewStore(d), d, kernel.Clock(nil).Now()})
	})
}

func want(t *testing.T, err error, kind kernel.Kind) {
	t.Helper()
	if kind == "" && err != nil || kind != "" && !kernel.Is(err, kind) {
		t.Fatalf("%v, not %q", err, kind)
	}
}

func (w world) add(t *testing.T, tenant, id string, domains ...string) upstream.Upstream {
	t.Helper()
	u := upstream.Upstream{
		Settings: upstream.Settings{Label: "Corp", ClientID: "terrace", EmailDomains: domains, Enabled: true, Scopes: []string{"openid"}, Subject: []string{"iss", "sub"}},
		ID:       id, Tenant: tenant, Name: "corp", Issuer: "https://sso.example.com", Secret: []byte("sealed"), Rules: []upstream.Rule{{Name: "all", Group: "ops"}}, RulesText: "rules", CreatedAt: w.now, Revision: 1,
	}
	want(t, w.Add(t.Context(), u), "")
	return u
}

func TestUpstreams(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		one := w.add(t, "acme", "upl_1", "corp.example", "both.example")
		w.add(t, "other", "upl_2", "both.example")
		twice := one
		twice.ID = "upl_3"
		want(t, w.Add(ctx, twice), kernel.Conflict)
		got, err := w.Upstream(ctx, "acme", "corp")
		want(t, err, "")
		if d := cmp.Diff(one, got); d != "" {
			t.Error(d)
		}
		_, err = w.Upstream(ctx, "nobody", "corp")
		want(t, err, kernel.NotFound)
		domains := func(domain, wanted string) {
			t.Helper()
			tenants, err := w.TenantsOf(ctx, domain)
			if want(t, err, ""); strings.Join(slices.Sorted(slices.Values(tenants)), " ") != wanted {
				t.Errorf("%s is of %v, not %q", domain, tenants, wanted)
			}
		}
		domains("corp.example", "acme")
		domains("both.example", "acme other")
		domains("nobody.example", "")
		one.Enabled, one.Revision = false, 2
		want(t, w.Put(ctx, one, 7), kernel.Stale)
		want(t, w.Put(ctx, one, 1), "")
		domains("corp.example", "")
		domains("both.example", "other")
		if some, err := w.AnyEnabled(ctx); err != nil || !some {
			t.Errorf("%t, %v", some, err)
		}
		if on, err := w.Enabled(ctx, "acme"); err != nil || len(on) != 0 {
			t.Errorf("%v, %v", on, err)
		}
		want(t, w.Remove(ctx, "other", "upl_1"), kernel.NotFound)
		want(t, w.Remove(ctx, "acme", "upl_1"), "")
		page, err := w.Upstreams(ctx, "acme", kernel.PageRequest{})
		if want(t, err, ""); len(page.Items) != 0 {
			t.Errorf("%+v", page)
		}
	})
}

func TestLinks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		w.add(t, "acme", "upl_1")
		l := upstream.Link{
			ID: "lnk_1", Tenant: "acme", Upstream: "upl_1", Name: "corp", UserID: "usr_1", Account: upstream.Account{Subject: "s", Name: "ada", Email: "ada@corp.example", Verified: true},
			By: upstream.LinkedBySelf, LinkedAt: w.now, LastUsed: w.now, LastGiven: []string{},
		}
		want(t, w.AddLink(ctx, l), "")
		other := l
		other.ID, other.UserID = "lnk_2", "usr_2"
		want(t, w.AddLink(ctx, other), kernel.Conflict) // an account is one user's
		l.LastGiven, l.LastUsed = []string{"all"}, w.now.Add(time.Hour)
		want(t, w.UseLink(ctx, l), "")
		got, err := w.LinkOf(ctx, "upl_1", "s")
		want(t, err, "")
		if d := cmp.Diff(l, got); d != "" {
			t.Error(d)
		}
		for _, find := range []func() (upstream.Link, error){
			func() (upstream.Link, error) { return w.LinkOf(ctx, "upl_2", "s") },
			func() (upstream.Link, error) { return w.LinkOfUser(ctx, "upl_1", "usr_2") },
			func() (upstream.Link, error) { return w.Link(ctx, "other", "lnk_1") },
		} {
			_, err := find()
			want(t, err, kernel.NotFound)
		}
		want(t, w.RemoveLink(ctx, "other", "lnk_1"), kernel.NotFound)
		want(t, w.RemoveLink(ctx, "acme", "lnk_1"), "")
	})
}

func TestSessionsAreFoundByWhatEndsThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w world) {
		ctx := t.Context()
		for _, id := range []string{"1", "2"} {
			one := upstream.Session{
				ID: "ups_" + id, Tenant: "acme", Upstream: "upl_1", UserID: "usr_" + id, Link: "lnk_" + id, Subject: "sub", SID: "sid-" + id, IDToken: []byte("sealed"), CreatedAt: w.now, ExpiresAt: w.now.Add(time.Hour),
			}
			want(t, w.AddSession(ctx, one), "")
			got, err := w.Session(ctx, one.ID)
			want(t, err, "")
			if d := cmp.Diff(one, got); d != "" {
				t.Error(d)
			}
		}
		for filter, wanted := range map[upstream.SessionFilter]int{
			{}: 2, {Subject: "sub"}: 2, {SID: "sid-1"}: 1, {Link: "lnk_2"}: 1, {Subject: "sub", SID: "sid-2"}: 1, {SID: "sid-1", Link: "lnk_2"}: 0,
		} {
			if found, err := w.SessionsOf(ctx, "upl_1", filter); err != nil || len(found) != wanted {
				t.Errorf("%+v: %d, %v", filter, len(found), err)
			}
			if found, err := w.SessionsOf(ctx, "upl_2", filter); err != nil || len(found) != 0 {
				t.Errorf("%+v of another: %d, %v", filter, len(found), err)
			}
		}
		w.byIndex(ctx, t, "sid", "link", "subject")
		want(t, w.Spend(ctx, "word", w.now.Add(time.Minute)), "")
		want(t, w.Spend(ctx, "word", w.now.Add(time.Minute)), kernel.Conflict)
		want(t, w.Sweep(ctx, w.now.Add(2*time.Hour)), "")
		want(t, w.Spend(ctx, "word", w.now.Add(time.Minute)), "")
		_, err := w.Session(ctx, "ups_1")
		want(t, err, kernel.NotFound)
	})
}

// byIndex fails where SQLite would read all sessions of an upstream to find those of a
// column's value.
func (w world) byIndex(ctx context.Context, t *testing.T, columns ...string) {
	t.Helper()
	if w.db.Dialect() != db.SQLite {
		return
	}
	for _, column := range columns {
		var plan struct {
			ID, Parent, NotUsed int
			Detail              string
		}
		err := w.db.Reader(ctx).QueryRowContext(ctx, "EXPLAIN QUERY PLAN SELECT * FROM upstream_sessions WHERE upstream = 'u' AND "+column+" = 'x'").
			Scan(&plan.ID, &plan.Parent, &plan.NotUsed, &plan.Detail)
		if err != nil || !strings.Contains(plan.Detail, column+"=?") {
			t.Errorf("%s: %q, %v", column, plan.Detail, err)
		}
	}
}
