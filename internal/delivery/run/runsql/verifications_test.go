package runsql_test

import (
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func verification(id string) run.Verification {
	return run.Verification{ID: id, Scope: dev, Workload: "orders", Run: "run_1", Trigger: run.OnSchedule, Status: run.VerificationQueued}
}

func TestVerifications(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{"ver_1", "ver_2", "ver_3", "ver_4"} {
			must(s.InsertVerification(ctx, verification(id)))
		}
		v, err := s.Verification(ctx, dev, "ver_1")
		must(err)
		v.Status = run.VerificationPassed
		must(s.SaveVerification(ctx, v))
		if err := s.SaveVerification(ctx, v); !kernel.Is(err, kernel.Stale) {
			t.Errorf("a save from an older revision: %v", err)
		}
		changed, err := s.Verification(ctx, dev, "ver_2")
		must(err)
		changed.Status, changed.Changed = run.VerificationFailed, true
		must(s.SaveVerification(ctx, changed))
		asked := verification("ver_5")
		asked.Trigger, asked.Scope.Project = run.OnDemand, "other"
		must(s.InsertVerification(ctx, asked))
		if open, err := s.OpenVerifications(ctx); err != nil || len(open) != 3 || open[0].ID != "ver_5" || open[1].ID != "ver_3" {
			t.Errorf("open are %+v, %v", open, err)
		}
		for scope, want := range map[kernel.Scope]int{dev: 4, {Tenant: "acme", Project: "third"}: 0, {Tenant: "rival", Project: "shop"}: 0} {
			page, err := s.Verifications(ctx, scope, run.VerificationFilter{Workload: "orders", Stage: "dev", Run: "run_1"}, kernel.PageRequest{})
			if err != nil || len(page.Items) != want || want > 0 && page.Items[0].ID != "ver_4" {
				t.Errorf("%s has %d, %v", scope, len(page.Items), err)
			}
			if _, err := s.Verification(ctx, scope, "ver_1"); kernel.Is(err, kernel.NotFound) != (want == 0) {
				t.Errorf("%s sees it: %v", scope, err)
			}
		}
		must(s.ForgetVerifications(ctx, dev, "orders", "ver_4"))
		page, err := s.Verifications(ctx, dev, run.VerificationFilter{}, kernel.PageRequest{})
		must(err)
		if len(page.Items) != 3 || page.Items[2].ID != "ver_2" {
			t.Errorf("only what changed nothing and has ended is forgotten: %+v", page.Items)
		}
	})
}

func TestDeploymentsAreDueOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx, now := t.Context(), kernel.Clock(nil).Now()
		d := run.Deployment{Scope: dev, Workload: "orders", Run: "run_1", Status: run.DeploymentVerified}
		if err := s.PutDeployment(ctx, d); err != nil {
			t.Fatal(err)
		}
		look := func(at time.Time) []run.DueVerification {
			t.Helper()
			due, err := s.DueVerifications(ctx, "dev", at)
			if err != nil {
				t.Fatal(err)
			}
			return due
		}
		due := look(now)
		if len(due) != 1 || due[0].Due != nil || due[0].Scope != dev {
			t.Fatalf("no moment is set: %+v", due)
		}
		for i, want := range []kernel.Kind{"", kernel.Stale} {
			if err := s.MoveDueVerification(ctx, due[0], now.Add(time.Minute)); kernel.KindOf(err) != want {
				t.Errorf("move %d: %v", i, err)
			}
		}
		if early := look(now); len(early) > 0 {
			t.Errorf("it is due already: %+v", early)
		}
		if err := s.PutDeployment(ctx, d); err != nil { // a new deployment does not lose the moment
			t.Fatal(err)
		}
		due = look(now.Add(time.Hour))
		if len(due) != 1 || due[0].Due == nil {
			t.Fatalf("it is due: %+v", due)
		}
		for i, want := range []kernel.Kind{"", kernel.Stale} {
			if err := s.MoveDueVerification(ctx, due[0], now.Add(2*time.Hour)); kernel.KindOf(err) != want {
				t.Errorf("move %d: %v", i, err)
			}
		}
	})
}

func TestADeploymentIsSwappedOnlyAsItWas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := t.Context()
		was := run.Deployment{Scope: dev, Workload: "orders", Run: "run_1", Status: run.DeploymentVerified}
		if err := s.PutDeployment(ctx, was); err != nil {
			t.Fatal(err)
		}
		next := was
		next.Status = run.DeploymentUnverified
		for i, want := range []kernel.Kind{"", kernel.Stale} {
			if err := s.SwapDeployment(ctx, was, next); kernel.KindOf(err) != want {
				t.Errorf("swap %d: %v", i, err)
			}
		}
		if d, err := s.Deployment(ctx, dev, "orders"); err != nil || d.Status != run.DeploymentUnverified {
			t.Errorf("%+v, %v", d, err)
		}
	})
}
