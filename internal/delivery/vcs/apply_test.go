package vcs_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// merge brings a change of a workload's image into main, planned and merged, and
// ends its apply.
func (w *work) merge(branch, image string, ended run.Status) vcs.PullRequest {
	w.t.Helper()
	if w.git("for-each-ref", "refs/heads/main") != "" {
		w.git("fetch", "-q", w.Files(w.repo).Dir, "main")
		w.git("checkout", "-q", "-B", branch, "FETCH_HEAD")
	}
	w.push(branch, map[string]string{"orders/score.yaml": vcstest.Score("orders", image)})
	p := w.propose(branch)
	w.Runs.End(w.t, w.Runs.Waiting(w.t, "dev").ID, run.PlannedOnly)
	w.eventually(p.Number, "terrace", "success")
	p, err := w.Merge(w.as("developer"), vcstest.Shop(), "mono", p.Number, p.Head)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Runs.End(w.t, w.Runs.Waiting(w.t, "dev").ID, ended)
	want := "success"
	if ended != run.Succeeded {
		want = "failure"
	}
	w.eventually(p.Number, "terrace/apply/orders/dev", want)
	return p
}

// TestAnOlderMergeIsNotAppliedOverANewerOne: what runs would become older.
func TestAnOlderMergeIsNotAppliedOverANewerOne(t *testing.T) {
	t.Parallel()
	w := newWork(t, bound("orders"))
	first := w.merge("one", "registry.example.com/orders:2", run.Failed)
	second := w.merge("two", "registry.example.com/orders:3", run.Succeeded)
	_, err := w.Apply(w.as("developer"), vcstest.Shop(), "mono", first.Number)
	if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "pull request 2 has changed orders since") {
		t.Errorf("the older one: %v", err)
	}
	if _, err := w.Apply(w.as("developer"), vcstest.Shop(), "mono", second.Number); err != nil {
		t.Errorf("the newest one: %v", err)
	}
}

// TestGiversComeFirst has the binding of who takes outputs before, by its name.
func TestGiversComeFirst(t *testing.T) {
	t.Parallel()
	a, z := bound("a"), bound("z")
	w := newWork(t, a, z)
	w.push("topic", map[string]string{
		"a/score.yaml": vcstest.Score("web", "registry.example.com/web:1") + "resources:\n  orders: {type: workload}\n",
		"z/score.yaml": vcstest.Score("orders", "registry.example.com/orders:1"),
	})
	w.propose("topic")
	vcstest.Eventually(t, "both are planned", func() bool { return len(w.Runs.All()) == 2 })
	var names []string
	for _, r := range w.Runs.All() {
		names = append(names, r.Workload)
	}
	if !slices.Equal(names, []string{"orders", "web"}) {
		t.Errorf("planned %v", names)
	}
}

// slow are runs that are asked for until the test lets them go.
type slow struct {
	vcs.Runs
	calls atomic.Int32
	begun chan struct{}
	on    chan struct{}
}

// Deploy implements vcs.Runs.
func (s *slow) Deploy(ctx context.Context, scope kernel.Scope, d run.DeployRequest) (run.Run, error) {
	if s.calls.Add(1) == 1 {
		close(s.begun)
	}
	select {
	case <-s.on:
		return s.Runs.Deploy(ctx, scope, d)
	case <-ctx.Done():
		return run.Run{}, ctx.Err()
	}
}

// seen is a store that tells how many pull requests are due.
type seen struct {
	vcs.Store
	due chan int
}

// Due implements vcs.Store.
func (s seen) Due(ctx context.Context, now, by time.Time, limit int) ([]vcs.PullRequest, error) {
	all, err := s.Store.Due(ctx, now, by, limit)
	select {
	case s.due <- len(all):
	default:
	}
	return all, err
}

// TestTwoDaemonsPlanAPullRequestOnce has a second daemon come while the first one
// asks for a plan.
func TestTwoDaemonsPlanAPullRequestOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{vcssql.Migrations()}, planOnce)
}

func planOnce(t *testing.T, d *db.DB) {
	w := workOn(t, vcstest.On(t, d, nil), bound("orders"))
	runs := &slow{Runs: w.Runs, begun: make(chan struct{}), on: make(chan struct{})}
	w.Service.Runs = runs
	c := w.Config
	look := seen{c.Store, make(chan int, 1)}
	c.Node, c.Store = "two", look
	w.push("topic", map[string]string{"orders/score.yaml": vcstest.Score("orders", "registry.example.com/orders:2")})
	p := w.propose("topic")
	w.Watch(t)
	<-runs.begun
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- vcs.New(c).Watch(ctx) }()
	if n := <-look.due; n != 0 {
		t.Errorf("%d pull requests are due for the second daemon", n)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	close(runs.on)
	w.eventually(p.Number, "terrace/plan/orders/dev", "pending")
	if n := runs.calls.Load(); n != 1 {
		t.Errorf("it was planned %d times", n)
	}
}

// TestAMergeReachesNoFurtherThanItsToken: what is merged with a token for other stages is
// not applied, until somebody applies it who may.
func TestAMergeReachesNoFurtherThanItsToken(t *testing.T) {
	t.Parallel()
	w := newWork(t, bound("orders"))
	with := func(stages ...string) context.Context {
		actor, _ := kernel.ActorFrom(w.as("developer"))
		actor.Limits = &kernel.Limits{Projects: []string{vcstest.Shop().Project}, Stages: stages}
		return kernel.WithActor(t.Context(), actor)
	}
	w.push("topic", map[string]string{"orders/score.yaml": vcstest.Score("orders", "registry.example.com/orders:2")})
	p := w.propose("topic")
	w.Runs.End(t, w.Runs.Waiting(t, "dev").ID, run.PlannedOnly)
	w.eventually(p.Number, "terrace", "success")
	if _, err := w.Merge(with("test"), vcstest.Shop(), "mono", p.Number, p.Head); err != nil {
		t.Fatal(err)
	}
	w.eventually(p.Number, "terrace/apply/orders/dev", "failure")
	w.told(p.Number, "the token that developer came with is not for dev of shop")
	if runs := w.Runs.All(); len(runs) != 1 {
		t.Fatalf("it was applied all the same: %+v", runs)
	}
	if _, err := w.Apply(with("test", "dev"), vcstest.Shop(), "mono", p.Number); err != nil {
		t.Fatal(err)
	}
	r := w.Runs.Waiting(t, "dev")
	if l := r.RequestedBy.Limits; l == nil || !slices.Equal(l.Stages, []string{"test", "dev"}) || !slices.Equal(l.Projects, []string{"shop"}) {
		t.Errorf("the run does not know the bounds: %+v", l)
	}
}
