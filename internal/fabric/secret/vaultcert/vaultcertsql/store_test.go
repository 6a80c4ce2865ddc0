package vaultcertsql_test

import (
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultcert/vaultcertsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{vaultcertsql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		s, ctx := vaultcertsql.NewStore(d), t.Context()
		now := time.Now().UTC().Truncate(time.Second)
		put := func(tenant, name string, due time.Time) vaultcert.Certificate {
			c := vaultcert.Certificate{
				Scope: kernel.Scope{Tenant: tenant, Project: "shop", Stage: "dev"}, Name: name, Settings: vaultcert.Settings{Way: vaultcert.Issue, Hosts: []string{"x"}},
				State: vaultcert.Waiting, Due: due, Revision: 7, Unmerged: [][]byte{{1}},
			}
			if err := s.Put(ctx, c); err != nil {
				t.Fatal(err)
			}
			return c
		}
		first := put("acme", "one", now.Add(-3*time.Second))
		put("acme", "two", now.Add(-2*time.Second))
		put("other", "three", now.Add(-time.Second))
		put("other", "four", now.Add(time.Hour))

		due, err := s.Due(ctx, now, 2)
		if err != nil || len(due) != 2 || due[0].Name != "one" || due[1].Name != "three" {
			t.Errorf("each tenant has its turn: %v, %v", due, err)
		}
		if at, ok, err := s.Soonest(ctx); err != nil || !ok || !at.Equal(first.Due) {
			t.Errorf("soonest is %v %v, %v", at, ok, err)
		}
		taken := first
		taken.Due = now.Add(time.Minute)
		if err := s.Save(ctx, taken); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(ctx, taken); !kernel.Is(err, kernel.Stale) {
			t.Errorf("two take one: %v", err)
		}
		got, err := s.Get(ctx, first.Scope, "one")
		if err != nil || got.Revision != 8 || !got.Due.Equal(taken.Due) || got.Hosts[0] != "x" || len(got.Unmerged) != 1 {
			t.Errorf("kept is %v, %v", got, err)
		}
		page, err := s.List(ctx, first.Scope, kernel.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Name != "one" || page.Next == "" {
			t.Errorf("the first page is %v, %v", page, err)
		}
		if err := s.Delete(ctx, first.Scope, "one"); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(ctx, first.Scope, "one"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("it is deleted twice: %v", err)
		}
		if _, err := s.Get(ctx, kernel.Scope{Tenant: "other", Project: "shop", Stage: "dev"}, "two"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant's is read: %v", err)
		}
	})
}
