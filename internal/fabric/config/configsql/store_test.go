package configsql_test

import (
	"errors"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// A push may come at any moment of a look, and after the moment that the look says it was made at.
func TestAPushDuringALookKeepsTheSourceDue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{configsql.Migrations()}, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 5, 1, 12, 0, 0, 123456000, time.UTC)
		until := now.Add(3 * time.Minute)
		for _, c := range []struct {
			name   string
			pushed bool
			due    int
		}{{"nothing", false, 0}, {"a push", true, 1}} {
			s, ctx := configsql.NewStore(d), t.Context()
			n := config.Source{ID: "cfg_1", Tenant: "acme", Project: "shop", Repository: "platform", CreatedAt: now, Status: config.Status{Phase: config.Ready, At: &now}}
			if err := s.AddSource(ctx, n); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Lease(ctx, n.ID, "a", now, until), s.Due(ctx, n, until)); err != nil {
				t.Fatal(err)
			}
			if c.pushed {
				if err := s.Push(ctx, n, "evt_1", config.Pushed{Commit: "abc", By: "ada"}, now.Add(time.Second)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.SaveStatus(ctx, n, "a", until, now.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			due, err := s.DueSources(ctx, now.Add(2*time.Second), 10)
			if err != nil || len(due) != c.due {
				t.Errorf("%s: %d are due, %v", c.name, len(due), err)
			}
			if err := s.RemoveSource(ctx, n); err != nil {
				t.Fatal(err)
			}
		}
	})
}
