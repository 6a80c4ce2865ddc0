package identity_test

import (
	"context"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// meeting is a journal in which who takes a grant away waits for another who does.
type meeting struct {
	*journal
	both *sync.WaitGroup
}

func (m meeting) Record(ctx context.Context, f kernel.Fact) error {
	if f.Type == "access.revoked" {
		m.both.Done()
		m.both.Wait()
	}
	return m.journal.Record(ctx, f)
}

// TestTheLastTwoOperatorsCannotBothGo though they are of two tenants, whose changes do not
// wait for each other.
func TestTheLastTwoOperatorsCannotBothGo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{identitysql.Migrations()}, func(t *testing.T, d *db.DB) {
		if d.Dialect() == db.SQLite {
			t.Skip("one transaction writes at a time")
		}
		f := newFixture(d)
		keep := func(context.Context, identity.Credentials) error { return nil }
		grants := map[string]string{}
		for _, tenant := range []string{"default", "other"} {
			_, _, err := f.Bootstrap(t.Context(), tenant, keep)
			want(t, err, "")
			ctx := kernel.WithActor(t.Context(), kernel.System("test", tenant))
			g, err := f.Grant(ctx, kernel.Scope{Tenant: tenant}, identity.NewGrant{Subject: person(identity.FirstUser), Role: identity.Operator, Platform: true})
			want(t, err, "")
			grants[tenant] = g.ID
		}
		var both, done sync.WaitGroup
		both.Add(len(grants))
		f.Journal = meeting{f.journal, &both}
		refused := make(chan error, len(grants))
		for tenant, id := range grants {
			done.Go(func() {
				ctx := kernel.WithActor(t.Context(), kernel.System("test", tenant))
				_, err := f.Revoke(ctx, kernel.Scope{Tenant: tenant}, id, "")
				refused <- err
			})
		}
		done.Wait()
		first, second := <-refused, <-refused
		if (first == nil) == (second == nil) || !kernel.Is(first, kernel.Refused) && !kernel.Is(second, kernel.Refused) {
			t.Errorf("%v, %v: one of them is to stay", first, second)
		}
	})
}

// TestNobodyJoinsTheOperatorsByAGroup that admins of its tenant look after: whoever is put into
// one that has a role on the platform becomes an operator.
func TestNobodyJoinsTheOperatorsByAGroup(t *testing.T) {
	t.Parallel()
	f := sqlite(t)
	admin, operator := f.user(t, "root", identity.Admin), f.user(t, "op", identity.Admin)
	f.give(t, tenant(), identity.NewGrant{Subject: person("op"), Role: identity.Operator, Platform: true})
	for _, name := range []string{"operators", "team"} {
		if _, err := f.CreateGroup(admin, tenant(), name, ""); err != nil {
			t.Fatal(err)
		}
	}
	f.give(t, tenant(), identity.NewGrant{Subject: identity.Subject{Kind: identity.KindGroup, Name: "operators"}, Role: identity.Operator, Platform: true})
	f.give(t, tenant(), identity.NewGrant{Subject: identity.Subject{Kind: identity.KindGroup, Name: "team"}, Role: identity.Admin})

	want(t, f.AddToGroup(admin, tenant(), "operators", "root"), kernel.Denied)
	want(t, f.Authorize(admin, "tenant.create", tenant()), kernel.Denied)
	want(t, f.AddToGroup(admin, tenant(), "team", "op"), "")
	want(t, f.AddToGroup(operator, tenant(), "operators", "root"), "")
	want(t, f.Authorize(admin, "tenant.create", tenant()), "")
	want(t, f.RemoveFromGroup(admin, tenant(), "operators", "root"), "")
}
