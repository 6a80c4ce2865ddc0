package runsql_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestReleaseApprovals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := context.Background()
		now := kernel.Clock(nil).Now()
		for i, id := range []string{"rel_a", "rel_b"} {
			must(t, s.PutReleaseApproval(ctx, run.ReleaseApproval{Scope: dev, Workload: "orders", Release: run.ReleaseRef{ID: id, Number: i + 1}, Reason: "why", At: now}))
		}
		want := run.ReleaseApproval{
			Scope: dev, Workload: "orders", Release: run.ReleaseRef{ID: "rel_a", Number: 1}, Reason: "why", At: now,
			Withdrawn: &run.Withdrawal{Reason: "no more", At: now},
		}
		must(t, s.PutReleaseApproval(ctx, want))
		all, err := s.ReleaseApprovals(ctx, dev, "orders")
		must(t, err)
		if len(all) != 2 || all[0].Release.ID != "rel_b" {
			t.Fatalf("the highest release comes first: %+v", all)
		}
		if diff := cmp.Diff(want, all[1]); diff != "" {
			t.Error(diff)
		}
		for _, other := range []kernel.Scope{{Tenant: "evil", Project: "shop", Stage: "dev"}, dev.InStage("test")} {
			if all, err := s.ReleaseApprovals(ctx, other, "orders"); err != nil || len(all) != 0 {
				t.Errorf("of %s: %v, %v", other, all, err)
			}
		}
	})
}

func TestPromotions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := context.Background()
		now := kernel.Clock(nil).Now()
		p := run.Promotion{Scope: dev.InStage("test"), Workload: "orders", Due: now}
		later, sooner := p, p
		later.Due, sooner.Due = now.Add(time.Hour), now.Add(-time.Hour)
		due := func(at time.Time) []run.Promotion {
			all, err := s.DuePromotions(ctx, at)
			must(t, err)
			return all
		}
		must(t, s.PutPromotion(ctx, p))
		must(t, s.PutPromotion(ctx, later))
		if diff := cmp.Diff([]run.Promotion{p}, due(now)); diff != "" {
			t.Errorf("the earlier moment holds: %s", diff)
		}
		must(t, s.PutPromotion(ctx, sooner))
		if diff := cmp.Diff([]run.Promotion{sooner}, due(now.Add(-time.Minute))); diff != "" {
			t.Errorf("a moment before it holds: %s", diff)
		}
		must(t, s.MovePromotion(ctx, later))
		if all := due(now); len(all) != 0 {
			t.Errorf("it was moved: %+v", all)
		}
		must(t, s.DeletePromotion(ctx, p))
		for _, release := range []string{"rel_a", "rel_b"} {
			must(t, s.PutVerified(ctx, run.Verified{Scope: dev, Workload: "orders", Release: run.ReleaseRef{ID: release}, At: now}))
		}
		for range 2 {
			must(t, s.SeedPromotions(ctx, "dev", "test", now))
		}
		if diff := cmp.Diff([]run.Promotion{p}, due(now)); diff != "" {
			t.Errorf("one for each workload that is verified: %s", diff)
		}
	})
}

func TestWhatIsVerifiedStaysSoSinceWhenItWas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := context.Background()
		now := kernel.Clock(nil).Now()
		v := run.Verified{Scope: dev, Workload: "orders", Release: run.ReleaseRef{ID: "rel_a", Number: 1}, Run: "run_1", At: now}
		again := v
		again.Run, again.At = "run_2", now.Add(time.Hour)
		must(t, s.PutVerified(ctx, v))
		must(t, s.PutVerified(ctx, again))
		all, err := s.VerifiedReleases(ctx, dev, "orders")
		must(t, err)
		if len(all) != 1 || all[0].Run != "run_2" || !all[0].At.Equal(now) {
			t.Errorf("%+v", all)
		}
		must(t, s.Revoke(ctx, dev, "orders", "rel_a"))
		must(t, s.PutVerified(ctx, again))
		if all, err = s.VerifiedReleases(ctx, dev, "orders"); err != nil || !all[0].At.Equal(again.At) {
			t.Errorf("after it was revoked it soaks anew: %+v, %v", all, err)
		}
	})
}

func TestRunsOfARelease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := context.Background()
		one, other := example(run.Failed), example(run.Failed)
		other.Release.ID = "rel_2"
		must(t, s.Insert(ctx, one))
		must(t, s.Insert(ctx, other))
		found, err := s.RunsOf(ctx, dev, "orders", "rel_1")
		must(t, err)
		if len(found) != 1 || found[0].ID != one.ID {
			t.Errorf("%v", ids(found))
		}
		if found, err := s.RunsOf(ctx, dev.InStage("test"), "orders", "rel_1"); err != nil || len(found) != 0 {
			t.Errorf("in another stage: %v, %v", ids(found), err)
		}
	})
}
