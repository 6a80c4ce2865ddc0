package vcssql_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var shop, rival = kernel.Scope{Tenant: "acme", Project: "shop"}, kernel.Scope{Tenant: "rival", Project: "shop"}

func each(t *testing.T, test func(t *testing.T, s *vcssql.Store)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{vcssql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, vcssql.NewStore(d)) })
}

func now() time.Time { return kernel.Clock(nil).Now() }

func repository(scope kernel.Scope, name string) vcs.Repository {
	return vcs.Repository{
		ID: "repo_" + scope.Tenant + name, Scope: scope, Name: name, Provider: vcs.GitHub, DefaultBranch: "main",
		Remote: vcs.Remote{Owner: "acme", Name: name}, CreatedBy: "ada", CreatedAt: now(), Sealed: []byte{0, 1, 255},
	}
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vcssql.Store) {
		ctx := t.Context()
		a, b, other := repository(shop, "a"), repository(shop, "b"), repository(rival, "a")
		for _, r := range []vcs.Repository{a, b, other} {
			if err := s.AddRepository(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		again := a
		again.ID = "repo_again"
		if err := s.AddRepository(ctx, again); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("a second of the name: %v", err)
		}
		got, err := s.Repository(ctx, shop, "a")
		if diff := cmp.Diff(a, got); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		a.DefaultBranch, a.Sealed = "trunk", nil
		if err := s.SaveRepository(ctx, a); err != nil {
			t.Fatal(err)
		}
		if got, err := s.RepositoryByID(ctx, a.ID); err != nil || got.DefaultBranch != "trunk" || len(got.Sealed) != 0 || got.Scope != shop {
			t.Errorf("%+v, %v", got, err)
		}
		page, err := s.Repositories(ctx, shop, kernel.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Next != "a" {
			t.Errorf("%+v, %v", page, err)
		}
		binding := vcs.Binding{Name: "orders", Score: "score.yaml", Plan: []string{"dev"}, Apply: "merge"}
		for range 2 {
			if err := s.PutBinding(ctx, shop, a.ID, binding); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := s.Bindings(ctx, rival, a.ID); err != nil || len(all) != 0 {
			t.Errorf("another tenant's bindings: %v, %v", all, err)
		}
		if err := s.RemoveRepository(ctx, rival, a.ID); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant removes it: %v", err)
		}
		if err := s.RemoveRepository(ctx, shop, a.ID); err != nil {
			t.Fatal(err)
		}
		if all, err := s.Bindings(ctx, shop, a.ID); err != nil || len(all) != 0 {
			t.Errorf("bindings stay: %v, %v", all, err)
		}
	})
}

func TestPullRequests(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vcssql.Store) {
		ctx, soon, late := t.Context(), now().Add(-time.Minute), now().Add(time.Hour)
		for n := 1; n <= 3; n++ {
			p := vcs.PullRequest{Repository: "repo_1", Scope: shop, Number: n, Title: fmt.Sprint(n), Source: "topic", Target: "main", State: vcs.Open, CreatedAt: now(), UpdatedAt: now()}
			if p.Work.Due = &soon; n == 2 {
				p.Work.Due = &late
			}
			if err := s.AddPull(ctx, p); err != nil {
				t.Fatal(err)
			}
			if err := s.AddPull(ctx, p); !kernel.Is(err, kernel.Conflict) {
				t.Errorf("the number again: %v", err)
			}
		}
		due, err := s.Due(ctx, now(), now(), 10)
		if err != nil || len(due) != 1 || due[0].Number != 1 || due[0].Scope != shop {
			t.Fatalf("due %+v, %v", due, err)
		}
		p := due[0]
		p.State, p.Work.Due = vcs.Merged, nil
		if err := s.SavePull(ctx, p); err != nil {
			t.Fatal(err)
		}
		if err := s.SavePull(ctx, p); !kernel.Is(err, kernel.Stale) {
			t.Errorf("an older revision: %v", err)
		}
		if open, err := s.OpenFrom(ctx, shop, "repo_1", "topic"); err != nil || len(open) != 2 {
			t.Errorf("open %v, %v", open, err)
		}
		page, err := s.Pulls(ctx, shop, "repo_1", vcs.Open, kernel.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Number != 3 || page.Next != "3" {
			t.Errorf("%+v, %v", page, err)
		}
		if last, err := s.LastNumber(ctx, shop, "repo_1"); err != nil || last != 3 {
			t.Errorf("%d, %v", last, err)
		}
		if _, err := s.Pull(ctx, rival, "repo_1", 1); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant reads it: %v", err)
		}
		c := vcs.Check{ID: "chk_1", Repository: "repo_1", Scope: shop, Number: 1, Kind: vcs.PlanCheck, State: vcs.Pending, Told: "x", Stage: "dev", CreatedAt: now()}
		if err := s.PutCheck(ctx, c); err != nil {
			t.Fatal(err)
		}
		if n, err := s.PendingChecks(ctx, shop); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		open := func(scope kernel.Scope, repository string, numbers ...int) []vcs.Check {
			t.Helper()
			found, err := s.OpenChecks(ctx, scope, repository, numbers)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		if diff := cmp.Diff([]vcs.Check{c}, open(shop, "repo_1", 2, 1)); diff != "" {
			t.Error(diff)
		}
		if others := slices.Concat(open(rival, "repo_1", 1), open(shop, "repo_2", 1), open(shop, "repo_1", 2), open(shop, "repo_1")); len(others) > 0 {
			t.Errorf("others': %+v", others)
		}
		c.State = vcs.Succeeded
		if err := s.PutCheck(ctx, c); err != nil {
			t.Fatal(err)
		}
		if ended := open(shop, "repo_1", 1); len(ended) > 0 {
			t.Errorf("it has ended: %+v", ended)
		}
		all, err := s.Checks(ctx, shop, "repo_1", 1)
		if diff := cmp.Diff([]vcs.Check{c}, all); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}

func TestOneDaemonLooksAtAPullRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vcssql.Store) {
		ctx, at := t.Context(), now()
		p := vcs.PullRequest{Repository: "repo_1", Scope: shop, Number: 1, Source: "topic", Target: "main", State: vcs.Open, CreatedAt: at, UpdatedAt: at}
		p.Work.Due = &at
		if err := s.AddPull(ctx, p); err != nil {
			t.Fatal(err)
		}
		due := func(now time.Time) int {
			t.Helper()
			all, err := s.Due(ctx, now, at, 10)
			if err != nil {
				t.Fatal(err)
			}
			return len(all)
		}
		for range 2 { // taken, and kept
			if err := s.Claim(ctx, p, "one", at, at.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Claim(ctx, p, "two", at, at.Add(time.Minute)); !kernel.Is(err, kernel.Locked) || due(at) != 0 {
			t.Errorf("two claim it: %v, %d due", err, due(at))
		}
		if err := s.SavePull(ctx, p); err != nil || due(at) != 0 {
			t.Errorf("a change of it gives it back: %v", err)
		}
		later := at.Add(time.Hour) // the first one says nothing any longer
		if due(later) != 1 {
			t.Error("it is nobody's, and not due")
		}
		if err := s.Claim(ctx, p, "two", later, later.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := s.Claim(ctx, p, "one", later, later.Add(time.Minute)); !kernel.Is(err, kernel.Locked) {
			t.Errorf("the first one keeps it: %v", err)
		}
		if err := s.Release(ctx, p, "one"); err != nil || due(later) != 0 {
			t.Errorf("who lost it gives it back: %v", err)
		}
		if err := s.Release(ctx, p, "two"); err != nil || due(later) != 1 {
			t.Errorf("it is not given back: %v", err)
		}
		if err := s.Claim(ctx, p, "two", later, later.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if err := s.Recover(ctx, "two"); err != nil || due(later) != 1 {
			t.Errorf("the next start has nothing of it: %v", err)
		}
	})
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vcssql.Store) {
		ctx := t.Context()
		for _, user := range []string{"ada", "grace"} {
			if err := s.PutIdentity(ctx, shop, "repo_1", vcs.Identity{Login: "octocat", User: user, UserID: "usr_" + user, At: now()}); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := s.Identities(ctx, shop, "repo_1"); err != nil || len(all) != 1 || all[0].UserID != "usr_grace" {
			t.Errorf("%+v, %v", all, err)
		}
		if all, err := s.Identities(ctx, rival, "repo_1"); err != nil || len(all) != 0 {
			t.Errorf("another tenant reads %+v, %v", all, err)
		}
		if err := s.RemoveIdentity(ctx, rival, "repo_1", "octocat"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant removes it: %v", err)
		}
		if err := s.RemoveIdentity(ctx, shop, "repo_1", "octocat"); err != nil {
			t.Error(err)
		}
	})
}

func TestTheInbox(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vcssql.Store) {
		ctx := t.Context()
		add := func(id, repository, key, body string, kind vcs.EventKind) error {
			return s.AddDelivery(ctx, vcs.Delivery{ID: id, Repository: repository, Scope: shop, Key: key, Digest: kernel.DigestOf([]byte(body)), ReceivedAt: now(), Event: vcs.Event{Kind: kind}})
		}
		for _, err := range []error{add("1", "a", "k1", "b1", vcs.PullEvent), add("2", "b", "k1", "b1", vcs.PullEvent), add("3", "a", "k2", "b2", vcs.Ignored)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, err := range []error{add("4", "a", "k1", "b4", vcs.PullEvent), add("5", "a", "k5", "b1", vcs.PullEvent)} {
			if !kernel.Is(err, kernel.Conflict) {
				t.Errorf("a repeated one: %v", err)
			}
		}
		waiting, err := s.Waiting(ctx, now(), 10)
		if err != nil || len(waiting) != 2 || waiting[0].ID != "1" || waiting[0].Key != "k1" || waiting[0].Event.Kind != vcs.PullEvent {
			t.Fatalf("%+v, %v", waiting, err)
		}
		if err := s.Retry(ctx, "1", 3, "the network", now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := s.Done(ctx, []string{"2"}); err != nil {
			t.Fatal(err)
		}
		if waiting, err := s.Waiting(ctx, now(), 10); err != nil || len(waiting) != 0 {
			t.Errorf("%+v, %v", waiting, err)
		}
		if n, err := s.CountWaiting(ctx); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
		if n, err := s.Forget(ctx, now().Add(time.Minute)); err != nil || n != 2 {
			t.Errorf("forgot %d, %v", n, err)
		}
		page, err := s.Deliveries(ctx, shop, "a", kernel.PageRequest{})
		if err != nil || len(page.Items) != 1 || page.Items[0].Attempts != 3 || page.Items[0].Problem != "the network" {
			t.Errorf("%+v, %v", page, err)
		}
	})
}

func TestPushesCommentsAndStatuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *vcssql.Store) {
		ctx := t.Context()
		p := vcs.Pushing{ID: "push_1", Repository: "a", Scope: shop, By: kernel.Actor{ID: "usr_1"}, Refs: []vcs.Push{{Ref: "refs/heads/main", After: "1"}}, BegunAt: now()}
		if err := s.AddPushing(ctx, p); err != nil {
			t.Fatal(err)
		}
		left, err := s.Pushings(ctx, 10)
		if diff := cmp.Diff([]vcs.Pushing{p}, left); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		if err := s.RemovePushing(ctx, shop, "push_1"); err != nil {
			t.Fatal(err)
		}
		c := vcs.Comment{ID: "note_1", Number: 1, Author: "ada", Body: "one", CreatedAt: now(), UpdatedAt: now()}
		for _, body := range []string{"one", "two"} {
			c.Body = body
			if err := s.PutComment(ctx, shop, "a", c); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := s.Comments(ctx, shop, "a", 1); err != nil || len(all) != 1 || all[0].Body != "two" {
			t.Errorf("%+v, %v", all, err)
		}
		for _, state := range []vcs.CheckState{vcs.Pending, vcs.Failed} {
			if err := s.PutStatus(ctx, shop, "a", vcs.Status{Commit: "1", Context: "terrace", State: state}); err != nil {
				t.Fatal(err)
			}
		}
		if all, err := s.Statuses(ctx, shop, "a", "1"); err != nil || len(all) != 1 || all[0].State != vcs.Failed {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
