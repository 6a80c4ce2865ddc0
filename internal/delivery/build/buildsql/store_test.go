package buildsql_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/build"
	"github.com/terrace-idp/terrace/internal/delivery/build/buildsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func each(t *testing.T, test func(t *testing.T, s *buildsql.Store)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{buildsql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, buildsql.NewStore(d)) })
}

func one(id, tenant, tree string, at time.Time) build.Build {
	return build.Build{
		Request: build.Request{Scope: kernel.Scope{Tenant: tenant, Project: "shop"}, RepositoryProject: "shop", Repository: "platform", Commit: "c", Folder: "src", Tree: tree},
		ID:      id, State: build.Queued, AskedAt: at, By: kernel.Actor{ID: "usr_1", Name: "ada", Tenant: tenant},
	}
}

func TestOneBuildPerTree(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *buildsql.Store) {
		ctx, now := t.Context(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		first := one("bld_1", "acme", "t1", now)
		for _, b := range []build.Build{first, one("bld_2", "acme", "t1", now)} {
			got, err := s.Ask(ctx, b)
			if diff := cmp.Diff(first, got); err != nil || diff != "" {
				t.Fatalf("%v %s", err, diff)
			}
		}
		if _, err := s.Get(ctx, kernel.Scope{Tenant: "rival", Project: "shop"}, "t1"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant reads it: %v", err)
		}
		if err := s.Again(ctx, one("bld_3", "acme", "t1", now)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(ctx, first.Scope, "t1"); err != nil || got.ID != "bld_1" {
			t.Errorf("one that waits is asked for again: %+v, %v", got, err)
		}
	})
}

func TestLeasesOfBuilds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *buildsql.Store) {
		ctx, now := t.Context(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		b, err := s.Ask(ctx, one("bld_1", "acme", "t1", now))
		if err != nil {
			t.Fatal(err)
		}
		fence, err := s.Take(ctx, b, "one", now, now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Take(ctx, b, "two", now, now.Add(time.Minute)); !kernel.Is(err, kernel.Locked) {
			t.Errorf("two take it: %v", err)
		}
		if all, err := s.Waiting(ctx, now, 10); err != nil || len(all) != 0 {
			t.Errorf("it waits: %v, %v", all, err)
		}
		later := now.Add(2 * time.Minute) // the first one says nothing any longer
		if all, err := s.Waiting(ctx, later, 10); err != nil || len(all) != 1 {
			t.Errorf("it does not wait: %v, %v", all, err)
		}
		next, err := s.Take(ctx, b, "two", later, later.Add(time.Minute))
		if err != nil || next <= fence {
			t.Fatalf("fence %d after %d, %v", next, fence, err)
		}
		b.State = build.Failed
		if err := s.Save(ctx, b, fence, later); !kernel.Is(err, kernel.Stale) {
			t.Errorf("the first one tells how it went: %v", err)
		}
		if err := s.Save(ctx, b, next, later); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Take(ctx, b, "two", later, later.Add(time.Minute)); !kernel.Is(err, kernel.Locked) {
			t.Errorf("one that has ended is taken: %v", err)
		}
		if err := s.Again(ctx, one("bld_2", "acme", "t1", later)); err != nil {
			t.Fatal(err)
		}
		last, err := s.Take(ctx, b, "two", later, later.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Recover(ctx, "two"); err != nil {
			t.Fatal(err)
		}
		if err := s.Save(ctx, b, last, later); !kernel.Is(err, kernel.Stale) {
			t.Errorf("a former process tells how it went: %v", err)
		}
		if all, err := s.Waiting(ctx, later, 10); err != nil || len(all) != 1 || all[0].ID != "bld_2" {
			t.Errorf("given back is %v, %v", all, err)
		}
	})
}

func TestOldBuildsAreForgotten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *buildsql.Store) {
		ctx, now := t.Context(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		for _, id := range []string{"a", "b"} {
			b, err := s.Ask(ctx, one(id, "acme", id, now))
			if err != nil {
				t.Fatal(err)
			}
			if id == "a" {
				continue
			}
			fence, err := s.Take(ctx, b, "one", now, now)
			if err != nil {
				t.Fatal(err)
			}
			b.State = build.Succeeded
			if err := s.Save(ctx, b, fence, now); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := s.Forget(ctx, now.Add(time.Hour)); err != nil || n != 1 {
			t.Errorf("forgot %d, %v", n, err)
		}
	})
}
