package runsql_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var dev = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}

func each(t *testing.T, test func(t *testing.T, s *runsql.Store)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{runsql.Migrations()}, func(t *testing.T, d *db.DB) {
		var stores run.Stores = runsql.NewStore(d)
		test(t, stores.(*runsql.Store)) //nolint:forcetypeassert // made above
	})
}

func example(status run.Status) run.Run {
	now := kernel.Clock(nil).Now()
	return run.Run{
		ID: kernel.NewID("run"), Stack: kernel.StackID(dev, "orders"), Scope: dev, Workload: "orders",
		Release: run.ReleaseRef{ID: "rel_1", Number: 1}, Operation: run.Deploy, Status: status,
		RequestedBy: kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"},
		Phases:      []run.Phase{{Name: "queue", Started: now}}, CreatedAt: now, UpdatedAt: now,
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := context.Background()
		first, second := example(run.Queued), example(run.Planning)
		for _, r := range []run.Run{first, second} {
			must(t, s.Insert(ctx, r))
		}
		if err := s.Insert(ctx, first); !kernel.Is(err, kernel.Conflict) {
			t.Fatalf("inserting twice: %v, want a conflict", err)
		}
		got, err := s.Get(ctx, dev, first.ID)
		must(t, err)
		if diff := cmp.Diff(first, got); diff != "" {
			t.Fatal(diff)
		}
		open, err := s.Open(ctx, dev, first.Stack)
		must(t, err)
		if len(open) != 2 || open[0].ID != second.ID {
			t.Fatalf("the one that has begun comes first: %v", ids(open))
		}
		crowded, err := s.Crowded(ctx, dev, first.Stack)
		must(t, err)
		got.Status = run.Superseded
		must(t, s.Save(ctx, got))
		if alone, err := s.Crowded(ctx, dev, first.Stack); err != nil || alone || !crowded {
			t.Errorf("crowded with two runs: %v, with one: %v, %v", crowded, alone, err)
		}
		if err := s.Save(ctx, got); !kernel.Is(err, kernel.Stale) {
			t.Fatalf("saving an old revision: %v, want stale", err)
		}
		heads, err := s.Heads(ctx, time.Now())
		must(t, err)
		if len(heads) != 1 || heads[0].Run != second.ID || heads[0].Scope != dev || heads[0].Stack != first.Stack {
			t.Fatalf("heads: %+v", heads)
		}
		listed, err := s.List(ctx, dev, run.Filter{Workload: "orders"}, kernel.PageRequest{Limit: 1})
		must(t, err)
		if len(listed.Items) != 1 || listed.Items[0].ID != second.ID || listed.Next != second.ID {
			t.Fatalf("first page: %v, next %s", ids(listed.Items), listed.Next)
		}
		listed, err = s.List(ctx, dev, run.Filter{Status: run.Superseded}, kernel.PageRequest{Cursor: listed.Next})
		must(t, err)
		if len(listed.Items) != 1 || listed.Items[0].Revision != 1 || listed.Next != "" {
			t.Fatalf("second page: %+v", listed)
		}
		names, err := s.Workloads(ctx, dev, kernel.PageRequest{})
		must(t, err)
		if diff := cmp.Diff([]string{"orders"}, names.Items); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestProjectsOfAWorkload looks in those of a tenant alone.
func TestProjectsOfAWorkload(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		for project, workloads := range map[string][]string{"a": {"orders"}, "b": {"other"}, "c": {"other", "orders", "orders"}} {
			for _, workload := range workloads {
				r := example(run.Succeeded)
				r.Scope, r.Workload = dev.InProject(project), workload
				must(t, s.Insert(t.Context(), r))
			}
		}
		for _, c := range []struct {
			tenant, workload string
			want             []string
		}{
			{dev.Tenant, "orders", []string{"a", "c"}},
			{dev.Tenant, "other", []string{"b", "c"}},
			{dev.Tenant, "none", nil},
			{"elsewhere", "orders", nil},
		} {
			if got, err := s.ProjectsOf(t.Context(), c.tenant, c.workload); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s of %s is in %v, %v", c.workload, c.tenant, got, err)
			}
		}
	})
}

// TestSaveHeld: a run is saved under the lease that holds its stack, and no other.
func TestSaveHeld(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx, r := context.Background(), example(run.Planning)
		must(t, s.Insert(ctx, r))
		held := run.Lease{Fence: 1, Run: r.ID, Node: "n", Process: "p", Expires: kernel.Clock(nil).Now()}
		if err := s.SaveHeld(ctx, r, held); !kernel.Is(err, kernel.Stale) {
			t.Errorf("before there is a lease: %v, want stale", err)
		}
		must(t, s.SwapLease(ctx, r.Stack, run.Lease{}, held))
		renewed := held
		renewed.Expires = held.Expires.Add(time.Minute)
		must(t, s.SwapLease(ctx, r.Stack, held, renewed))
		must(t, s.SaveHeld(ctx, r, held))
		if err := s.SaveHeld(ctx, r, held); !kernel.Is(err, kernel.Stale) {
			t.Errorf("an old revision: %v, want stale", err)
		}
		r.Revision++
		for name, other := range map[string]run.Lease{
			"another fence":   {Fence: 2, Run: r.ID, Process: "p"},
			"another run":     {Fence: 1, Run: "run_2", Process: "p"},
			"another process": {Fence: 1, Run: r.ID, Process: "q"},
		} {
			if err := s.SaveHeld(ctx, r, other); !kernel.Is(err, kernel.Stale) {
				t.Errorf("%s: %v, want stale", name, err)
			}
		}
	})
}

// TestHeads: one run of each stack can be taken up, and none behind one that
// waits for a person.
func TestHeads(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx, now := context.Background(), kernel.Clock(nil).Now()
		add := func(tenant, workload string, status run.Status) run.Run {
			r := example(status)
			r.Scope.Tenant, r.Workload = tenant, workload
			r.Stack = kernel.StackID(r.Scope, workload)
			must(t, s.Insert(ctx, r))
			return r
		}
		dry := func(workload string) run.Run {
			r := example(run.Queued)
			r.Scope.Tenant, r.Workload, r.DryRun = "acme", workload, true
			r.Stack = kernel.StackID(r.Scope, workload)
			must(t, s.Insert(ctx, r))
			return r
		}
		first := add("acme", "orders", run.Queued)
		dry("orders")
		add("acme", "orders", run.Queued)
		add("acme", "billing", run.Queued)
		begun := add("acme", "billing", run.Applying)
		add("acme", "stock", run.AwaitingApproval)
		add("acme", "stock", run.Queued)
		add("acme", "prices", run.AwaitingApproval)
		add("acme", "prices", run.Queued)
		look := dry("prices")
		held := func(workload string, again time.Time) {
			r := example(run.Approved)
			r.Scope.Tenant, r.Workload, r.Deferral = "acme", workload, &run.Deferral{Again: again}
			r.Stack = kernel.StackID(r.Scope, workload)
			must(t, s.Insert(ctx, r))
			must(t, s.Save(ctx, r))
		}
		held("closed", now.Add(time.Minute))
		behindHeld := dry("closed")
		held("open", now)
		dry("open")
		add("acme", "gone", run.Succeeded)
		other := add("other", "orders", run.Approved)
		must(t, s.SwapLease(ctx, begun.Stack, run.Lease{}, run.Lease{Fence: 1, Run: begun.ID, Node: "n", Process: "p", Expires: kernel.Clock(nil).Now()}))
		back := run.Lease{Fence: 1, Run: "run_before", Node: "n", Process: "p", Expires: now}
		must(t, s.SwapLease(ctx, first.Stack, run.Lease{}, back))
		must(t, s.SwapLease(ctx, first.Stack, back, run.Lease{Fence: 2, Expires: now}))
		one, err := s.Turn(ctx)
		must(t, err)
		two, err := s.Turn(ctx)
		must(t, err)
		if two != one+1 {
			t.Errorf("turns %d and %d", one, two)
		}
		must(t, s.Served(ctx, begun.Scope, one))
		must(t, s.Served(ctx, kernel.Scope{Tenant: "acme", Project: "other"}, two))
		heads, err := s.Heads(ctx, now)
		must(t, err)
		got := map[string]run.Head{}
		for _, h := range heads {
			got[h.Run] = h
		}
		if len(got) != 6 || got[behindHeld.ID].Status != run.Queued || got[look.ID].Status != run.Queued || got[first.ID].Status != run.Queued || got[begun.ID].Lease.Run != begun.ID || got[other.ID].Status != run.Approved {
			t.Errorf("heads: %+v", heads)
		}
		if l := got[first.ID].Lease; l.Fence != 2 || l.Run != "" || got[begun.ID].Lease.Fence != 1 || got[begun.ID].Lease.Process != "p" || got[other.ID].Lease.Fence != 0 {
			t.Errorf("leases: %+v", heads)
		}
		if got[first.ID].Served != two || got[other.ID].Served != 0 {
			t.Errorf("served: %d, %d", got[first.ID].Served, got[other.ID].Served)
		}
		if got[first.ID].ProjectServed != one || got[other.ID].ProjectServed != 0 {
			t.Errorf("served of the projects: %d, %d", got[first.ID].ProjectServed, got[other.ID].ProjectServed)
		}
	})
}

func TestScopesAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := context.Background()
		r := example(run.Queued)
		must(t, s.Insert(ctx, r))
		must(t, s.PutDossier(ctx, dev, r.ID, "sha256:1", run.Dossier{Run: r.ID}))
		must(t, s.PutDeployment(ctx, run.Deployment{Scope: dev, Workload: "orders"}))
		must(t, s.PutVerified(ctx, run.Verified{Scope: dev, Workload: "orders", Release: r.Release, At: time.Now()}))
		other := kernel.Scope{Tenant: "evil", Project: "shop", Stage: "dev"}
		if _, err := s.Get(ctx, other, r.ID); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("run of another tenant: %v", err)
		}
		r.Scope = other
		if err := s.Save(ctx, r); !kernel.Is(err, kernel.Stale) {
			t.Errorf("saving a run of another tenant: %v", err)
		}
		if _, err := s.Dossier(ctx, other, r.ID, "sha256:1"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("dossier of another tenant: %v", err)
		}
		if _, err := s.Deployment(ctx, other, "orders"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("deployment of another tenant: %v", err)
		}
		verified, err := s.VerifiedReleases(ctx, other, "orders")
		must(t, err)
		open, err := s.Open(ctx, other, r.Stack)
		must(t, err)
		all, err := s.Deployments(ctx, other, "")
		must(t, err)
		if len(verified)+len(open)+len(all) != 0 {
			t.Errorf("of another tenant: %v %v %v", verified, open, all)
		}
	})
}

func TestLease(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := context.Background()
		free, err := s.Lease(ctx, "a/b/c/d")
		must(t, err)
		if diff := cmp.Diff(run.Lease{}, free); diff != "" {
			t.Fatal(diff)
		}
		one := run.Lease{Fence: 1, Run: "run_1", Node: "n", Process: "p", Expires: kernel.Clock(nil).Now()}
		must(t, s.SwapLease(ctx, "a/b/c/d", free, one))
		if err := s.SwapLease(ctx, "a/b/c/d", free, one); !kernel.Is(err, kernel.Stale) {
			t.Fatalf("the second to take it: %v, want stale", err)
		}
		got, err := s.Lease(ctx, "a/b/c/d")
		must(t, err)
		if diff := cmp.Diff(one, got); diff != "" {
			t.Fatal(diff)
		}
		two := run.Lease{Fence: 2, Run: "run_2", Node: "n", Process: "p", Expires: one.Expires}
		must(t, s.SwapLease(ctx, "a/b/c/d", one, two))
		if err := s.SwapLease(ctx, "a/b/c/d", one, two); !kernel.Is(err, kernel.Stale) {
			t.Fatalf("renewing a lost one: %v, want stale", err)
		}
	})
}

func TestDeployments(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := context.Background()
		now := kernel.Clock(nil).Now()
		d := run.Deployment{
			Stack: "x", Scope: dev, Workload: "orders", Release: run.ReleaseRef{ID: "rel_1", Number: 1}, Run: "run_1",
			Status: run.DeploymentApplied, Outputs: map[string]json.RawMessage{"endpoints": json.RawMessage(`{"web":"https://x"}`)}, AppliedAt: &now,
		}
		must(t, s.PutDeployment(ctx, d))
		d.Status, d.VerifiedAt = run.DeploymentVerified, &now
		must(t, s.PutDeployment(ctx, d))
		got, err := s.Deployment(ctx, dev, "orders")
		must(t, err)
		if diff := cmp.Diff(d, got); diff != "" {
			t.Fatal(diff)
		}
		if got.Endpoints()["web"] != "https://x" {
			t.Errorf("endpoints: %v", got.Endpoints())
		}
		all, err := s.Deployments(ctx, kernel.Scope{Tenant: "acme"}, "")
		must(t, err)
		if len(all) != 1 {
			t.Errorf("deployments of the tenant: %d", len(all))
		}
		must(t, s.DeleteDeployment(ctx, dev, "orders"))
		if _, err := s.Deployment(ctx, dev, "orders"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("after the removal: %v", err)
		}
		for i, id := range []string{"rel_a", "rel_b", "rel_a"} {
			must(t, s.PutVerified(ctx, run.Verified{Scope: dev, Workload: "orders", Release: run.ReleaseRef{ID: id, Number: len(id) + i%2}, Run: "run", At: now}))
		}
		verified, err := s.VerifiedReleases(ctx, dev, "orders")
		must(t, err)
		if len(verified) != 2 || verified[0].Release.ID != "rel_b" {
			t.Errorf("verified: %+v", verified)
		}
		must(t, s.Revoke(ctx, dev, "orders", "rel_b"))
		verified, err = s.VerifiedReleases(ctx, dev, "orders")
		must(t, err)
		if len(verified) != 1 || verified[0].At != now {
			t.Errorf("verified after the revocation: %+v", verified)
		}
	})
}

func ids(runs []run.Run) []string {
	var all []string
	for _, r := range runs {
		all = append(all, r.ID)
	}
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLapsing finds the runs that wait with an approval that has expired, until it
// was told.
func TestLapsing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *runsql.Store) {
		ctx := context.Background()
		now := kernel.Clock(nil).Now()
		lapsing := func(at time.Time) []string {
			t.Helper()
			found, err := s.Lapsing(ctx, at)
			must(t, err)
			return ids(found)
		}
		r := example(run.AwaitingApproval)
		must(t, s.Insert(ctx, r))
		r.Dossier = "sha256:1"
		for digest, life := range map[kernel.Digest]time.Duration{"sha256:0": time.Minute, "sha256:1": time.Hour} {
			end := now.Add(life)
			r.Approvals = append(r.Approvals, run.Approval{Digest: digest, ExpiresAt: &end})
		}
		must(t, s.Save(ctx, r))
		if early, due := lapsing(now.Add(time.Hour-time.Second)), lapsing(now.Add(time.Hour)); len(early) != 0 || len(due) != 1 || due[0] != r.ID {
			t.Fatalf("before %v, after %v", early, due)
		}
		for i := range r.Approvals {
			r.Approvals[i].Expired = true
		}
		r.Revision++
		must(t, s.Save(ctx, r))
		if found := lapsing(now.Add(time.Hour)); len(found) != 0 {
			t.Errorf("it was told: %v", found)
		}
		r.Status, r.Approvals[0].Expired, r.Approvals[1].Expired = run.Succeeded, false, false
		r.Revision++
		must(t, s.Save(ctx, r))
		if found := lapsing(now.Add(time.Hour)); len(found) != 0 {
			t.Errorf("it has ended: %v", found)
		}
	})
}
