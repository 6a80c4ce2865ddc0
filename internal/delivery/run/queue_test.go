package run_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// order notes the stacks in the order in which they are planned, and fails the
// plan: the runs end at once.
type order struct {
	mu     sync.Mutex
	stacks []string
	// at is called with the number of plans so far.
	at func(n int)
}

func (o *order) plan(job run.Job, _ map[string]string) error {
	o.mu.Lock()
	o.stacks = append(o.stacks, job.Stack)
	n := len(o.stacks)
	o.mu.Unlock()
	if o.at != nil {
		o.at(n)
	}
	return kernel.Errorf(kernel.Invalid, "the test wants no more")
}

// parts returns the tenants (0) or projects (1) whose runs were planned, in their order.
func (o *order) parts(n int) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var names []string
	for _, stack := range o.stacks {
		names = append(names, strings.Split(stack, "/")[n])
	}
	return names
}

// person is somebody of a tenant.
func person(tenant string) context.Context {
	return runtest.As(kernel.Actor{ID: "usr_" + tenant, Name: tenant, Kind: kernel.ActorUser, Tenant: tenant})
}

// enqueue asks for n deploys of the tenant to dev, each of a stack of its own.
func enqueue(t *testing.T, b *runtest.Bench, tenant string, n int) []run.Run {
	t.Helper()
	runs := make([]run.Run, n)
	for i := range runs {
		var err error
		runs[i], err = b.Service.Deploy(person(tenant), kernel.Scope{Tenant: tenant, Project: fmt.Sprintf("p%d", i)},
			run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), Version: "1"})
		runtest.Must(t, err)
	}
	return runs
}

// TestFairness: however many runs a tenant has queued, another's first run waits
// for one slot at most, and from then on they take turns.
func TestFairness(t *testing.T) {
	t.Parallel()
	crowd := 1000
	if testing.Short() {
		crowd = 50
	}
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		var o order
		b := runtest.New(t, d, func(deps *run.Deps) { deps.Concurrency = 1 })
		b.World.BeforePlan = o.plan
		enqueue(t, b, "crowd", crowd)
		o.at = func(n int) {
			switch n {
			case 5: // while the fifth run of the crowd has the only slot
				enqueue(t, b, "late", 3)
			case 15:
				stop()
			}
		}
		_ = b.Turn(ctx, kernel.Scope{}, "") // it ends by the stop
		got := strings.Join(o.parts(0), " ")
		want := strings.Repeat("crowd ", 5) + "late crowd late crowd late" + strings.Repeat(" crowd", 5)
		if got != want {
			t.Errorf("planned in the order\n%s, want\n%s", got, want)
		}
	})
}

// TestProjectsOfATenantTakeTurns: however many runs a project has queued, another's go
// in between, and each run knows how many are taken up before it.
func TestProjectsOfATenantTakeTurns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		var o order
		b := runtest.New(t, d, func(deps *run.Deps) { deps.Concurrency = 1 })
		b.World.BeforePlan = o.plan
		workloads := func(project string, n int) (runs []run.Run) {
			for i := range n {
				w, err := workload.Parse("score.yaml", fmt.Appendf(nil, "apiVersion: score.dev/v1b1\nmetadata: {name: w%d, annotations: {terrace.dev/costcenter: \"42\"}}\ncontainers: {main: {image: .}}\n", i))
				runtest.Must(t, err)
				r, err := b.Service.Deploy(person("acme"), kernel.Scope{Tenant: "acme", Project: project}, run.DeployRequest{Stage: "dev", Workload: w, Version: "1"})
				runtest.Must(t, err)
				runs = append(runs, r)
			}
			return runs
		}
		workloads("many", 8)
		o.at = func(n int) {
			switch n {
			case 3:
				few := workloads("few", 2)
				for i, ahead := range []int{0, 2} {
					r, err := b.See(person("acme"), few[i].Scope, few[i].ID)
					if runtest.Must(t, err); r.Waits == nil || r.Waits.Ahead != ahead {
						t.Errorf("run %d waits for %+v, want %d ahead", i, r.Waits, ahead)
					}
				}
			case 10:
				stop()
			}
		}
		_ = b.Turn(ctx, kernel.Scope{}, "") // it ends by the stop
		want := "many many many few many few many many many many"
		if got := strings.Join(o.parts(1), " "); got != want {
			t.Errorf("planned in the order\n%s, want\n%s", got, want)
		}
	})
}

// TestReplicasAreFairTogether: two processes on one database execute no run
// twice, and keep the tenant's limit between them.
func TestReplicasAreFairTogether(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, runtest.Migrations(), func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		planned, now, most := map[string]int{}, 0, 0
		b := runtest.New(t, d, func(deps *run.Deps) { deps.TenantConcurrency, deps.Concurrency = 2, 4 })
		gate := make(chan struct{})
		var begun sync.WaitGroup
		begun.Add(2)
		b.World.Before = func(_ context.Context, job run.Job, address string) error {
			if address != "module.redis_cache" {
				return nil
			}
			mu.Lock()
			planned[job.Stack]++
			now++
			most = max(most, now)
			first := len(planned) <= 2
			mu.Unlock()
			if first {
				begun.Done()
				<-gate
			}
			mu.Lock()
			now--
			mu.Unlock()
			return nil
		}
		enqueue(t, b, "acme", 8)
		other := b.Restart(t, func(deps *run.Deps) { deps.Node = "second" })
		var turns sync.WaitGroup
		for _, process := range []*runtest.Bench{b, other} {
			for range 4 {
				turns.Go(func() { runtest.Must(t, process.Turn(context.Background(), kernel.Scope{}, "")) })
			}
		}
		begun.Wait()
		close(gate)
		turns.Wait()
		if len(planned) != 8 || most > 2 {
			t.Errorf("applied %v, %d at once, want 8 once each and at most 2 at once", planned, most)
		}
		for stack, n := range planned {
			if n != 1 {
				t.Errorf("%s was applied %d times", stack, n)
			}
		}
	})
}

// limitedStages are dev with limits of its own.
func limitedStages(t *testing.T, change func(s *stage.Stage)) *stage.Set {
	t.Helper()
	all := stage.Default()
	change(&all[0])
	set, err := stage.NewSet(all)
	runtest.Must(t, err)
	return set
}

// fleet are runners that exist only for the decision who may start.
type fleet map[string]int

func (f fleet) Capacity(_ context.Context, tenant string, labels map[string]string) (int, error) {
	return f[tenant+" "+stage.LabelText(labels)], nil
}

func (fleet) Working(context.Context, string, int64) (bool, error) { return false, nil }

func (fleet) Applied(context.Context, run.Job) (run.Applied, bool, error) {
	return run.Applied{}, false, nil
}

// places is a run.Quotas: how many of the tenant, and of the project.
type places [2]int

func (p places) Places(kernel.Scope) (tenant, project int) { return p[0], p[1] }

// A run over the quota of its project waits and says so, and has its turn then; one of
// another project does not wait for it.
func TestAProjectsRunsWaitForItsQuota(t *testing.T) {
	t.Parallel()
	b := bench(t, func(d *run.Deps) { d.Quotas = places{0, 1} })
	reached, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b.World.Before = func(_ context.Context, job run.Job, address string) error {
		if address == "module.redis_cache" && job.Stack == "acme/p0/orders/dev" {
			once.Do(func() {
				close(reached)
				<-gate
			})
		}
		return nil
	}
	runs := enqueue(t, b, "acme", 2)
	billing := runtest.Workload(t)
	billing.Name, billing.Metadata["name"] = "billing", "billing"
	same, err := b.Service.Deploy(person("acme"), runs[0].Scope.InProject("p0"), run.DeployRequest{Stage: "dev", Workload: billing, Version: "1"})
	runtest.Must(t, err)
	var turn sync.WaitGroup
	turn.Go(func() { runtest.Must(t, b.Turn(context.Background(), kernel.Scope{}, runs[0].ID)) })
	<-reached
	for _, tt := range []struct {
		of   run.Run
		want string
	}{{runs[1], ""}, {same, "all places for runs of the project p0 are taken, 1 of 1"}} {
		r, err := b.See(person("acme"), tt.of.Scope, tt.of.ID)
		runtest.Must(t, err)
		if got := r.Waits; (got == nil) != (tt.want == "") || got != nil && (got.For != run.WaitProject || got.Message != tt.want) {
			t.Errorf("%s waits for %+v, want %q", tt.of.Stack, got, tt.want)
		}
	}
	close(gate)
	turn.Wait()
	if r, err := b.See(person("acme"), same.Scope, same.ID); err != nil || r.Status != run.Succeeded {
		t.Errorf("it is %s, and waits for %+v: %v", r.Status, r.Waits, err)
	}
}

// TestWhatARunWaitsFor: while one run is executed, others say what keeps them.
func TestWhatARunWaitsFor(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		deps func(t *testing.T, d *run.Deps)
		want run.WaitFor
		says string
	}{
		"a slot":           {func(_ *testing.T, d *run.Deps) { d.Concurrency = 1 }, run.WaitSlot, "all places for runs are taken, 1 of 1"},
		"a tenant":         {func(_ *testing.T, d *run.Deps) { d.TenantConcurrency = 1 }, run.WaitTenant, "of the tenant acme are taken, 1 of 1"},
		"a tenant's quota": {func(_ *testing.T, d *run.Deps) { d.Quotas = places{1, 0} }, run.WaitTenant, "of the tenant acme are taken, 1 of 1"},
		"a stage": {func(t *testing.T, d *run.Deps) {
			d.Stages = limitedStages(t, func(s *stage.Stage) { s.Concurrency = 1 })
		}, run.WaitStage, "on the stage dev are taken, 1 of 1"},
		"busy runners": {func(t *testing.T, d *run.Deps) {
			d.Stages = limitedStages(t, func(s *stage.Stage) { s.Runners = map[string]string{"pool": "a"} })
			d.Fleet = fleet{"acme pool=a": 1}
		}, run.WaitRunner, "the runners with the labels pool=a are taken, 1 of 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench(t, func(d *run.Deps) { tc.deps(t, d) })
			reached, gate := make(chan struct{}), make(chan struct{})
			b.World.Before = func(_ context.Context, _ run.Job, address string) error {
				if address == "module.redis_cache" {
					reached <- struct{}{}
					<-gate
				}
				return nil
			}
			runs := enqueue(t, b, "acme", 3)
			var turn sync.WaitGroup
			turn.Go(func() { runtest.Must(t, b.Turn(context.Background(), kernel.Scope{}, runs[0].ID)) })
			<-reached
			for i, ahead := range map[int]int{1: 0, 2: 1} {
				r, err := b.See(person("acme"), runs[i].Scope, runs[i].ID)
				runtest.Must(t, err)
				if r.Waits == nil || r.Waits.For != tc.want || r.Waits.Ahead != ahead || !strings.Contains(r.Waits.Message, tc.says) {
					t.Errorf("run %d waits for %+v, want %s, %d ahead, %q", i, r.Waits, tc.want, ahead, tc.says)
				}
			}
			executed, err := b.See(person("acme"), runs[0].Scope, runs[0].ID)
			runtest.Must(t, err)
			if executed.Waits != nil {
				t.Errorf("the run that is executed waits for %+v", executed.Waits)
			}
			close(gate)
			<-reached
			<-reached
			turn.Wait()
			for _, r := range runs {
				if now, err := b.See(person("acme"), r.Scope, r.ID); err != nil || now.Status != run.Succeeded || now.Waits != nil {
					t.Errorf("%s waits for %+v at its end, %v", now.Status, now.Waits, err)
				}
			}
		})
	}
}

// TestWithoutARunnerARunWaits: it says so, and nobody executes it here.
func TestWithoutARunnerARunWaits(t *testing.T) {
	t.Parallel()
	runners := fleet{}
	b := bench(t, func(d *run.Deps) {
		d.Stages = limitedStages(t, func(s *stage.Stage) { s.Runners = map[string]string{"pool": "a"} })
		d.Fleet = runners
	})
	r := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Turn(t.Context(), runtest.Project, r.ID))
	runtest.Must(t, b.Sweep(t.Context()))
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, r.ID)
	runtest.Must(t, err)
	if r = b.Now(t, r.ID); r.Status != run.Queued || !strings.Contains(strings.Join(x.Details, "\n"), "no runner with the labels pool=a is connected") {
		t.Errorf("%s: %v", r.Status, x.Details)
	}
	runners["acme pool=a"] = 1
	b.World.Step = func(context.Context, run.Job, string, string) error {
		x, err = b.Explain(runtest.As(runtest.Ada), runtest.Project, r.ID)
		return err
	}
	runtest.Must(t, b.Turn(t.Context(), runtest.Project, r.ID))
	if said := strings.Join(x.Details, "\n"); !strings.Contains(said, "a runner with the labels pool=a, of node ") || !strings.Contains(said, ", executes it, with fence ") {
		t.Errorf("who executes it: %s", said)
	}
	if r = b.Now(t, r.ID); r.Status != run.Succeeded {
		t.Errorf("with a runner it is %s", r.Status)
	}
}

// TestANewerDeploySupersedesWhatAwaitsApproval: nobody has to end the older run
// by hand, and its approvals count for nothing any more.
func TestANewerDeploySupersedesWhatAwaitsApproval(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t))
	old := b.Deploy(t, "dev", "1")
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, old.ID))
	old = b.Now(t, old.ID)
	_, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, old.ID, old.Dossier, "seen")
	runtest.Must(t, err)
	newer := b.Deploy(t, "dev", "2")
	old = b.Now(t, old.ID)
	if old.Status != run.Superseded || old.Failure == nil || !strings.Contains(old.Failure.Message, newer.ID) || !strings.Contains(old.Failure.Message, "void") {
		t.Errorf("%s: %+v", old.Status, old.Failure)
	}
	if _, err := b.Approve(runtest.As(runtest.Grace), runtest.Project, old.ID, old.Dossier, ""); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("an approval of it: %v", err)
	}
	if _, err := b.Plans.Load(t.Context(), old.ID, old.Plan.Digest); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("its sealed plan is still there: %v", err)
	}
	runtest.Must(t, b.Turn(t.Context(), runtest.Project, newer.ID))
	if newer = b.Now(t, newer.ID); newer.Status != run.AwaitingApproval {
		t.Errorf("the newer one is %s", newer.Status)
	}
}

// TestADryRunPassesWhatWaitsForItsStage: until the stage opens, then it comes after.
func TestADryRunPassesWhatWaitsForItsStage(t *testing.T) {
	t.Parallel()
	h := noon()
	b := bench(t, staged(t, h, func(dev, _ *stage.Stage) { dev.Windows = []stage.Window{office()} }))
	h.pass(6 * time.Hour)
	held, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), Version: "1", WhenOpen: true})
	runtest.Must(t, err)
	if held = carry(t, b, held); held.Deferral == nil {
		t.Fatalf("%s is not held", held.Status)
	}
	look := func(version string) run.Run {
		r, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), Version: version, DryRun: true})
		runtest.Must(t, err)
		seen, err := b.See(runtest.As(runtest.Ada), runtest.Project, r.ID)
		runtest.Must(t, err)
		r.Waits = seen.Waits
		return r
	}
	r := look("2")
	if done := carry(t, b, r); r.Waits != nil || done.Status != run.PlannedOnly {
		t.Errorf("while it is closed a dry run is %s and waits for %+v", done.Status, r.Waits)
	}
	if held = b.Now(t, held.ID); held.Deferral == nil || len(b.World.Applied) != 0 {
		t.Errorf("the one that waits is %s, applied %v", held.Status, b.World.Applied)
	}
	h.pass(15 * time.Hour)
	r = look("3")
	if done := carry(t, b, r); done.Status != run.Queued || r.Waits == nil || r.Waits.Run != held.ID {
		t.Errorf("when it opens, a dry run is %s and waits for %+v", done.Status, r.Waits)
	}
	if held = carry(t, b, held); held.Status != run.Succeeded {
		t.Errorf("the one that waited is %s", held.Status)
	}
}

// TestADryRunPassesWhatAwaitsApproval: it shows what somebody may decide by; what
// changes something waits, and the approved plan stays what it was.
func TestADryRunPassesWhatAwaitsApproval(t *testing.T) {
	t.Parallel()
	b := bench(t, two(t)).Start(t)
	approve := func(r run.Run) {
		for _, who := range []kernel.Actor{runtest.Grace, {ID: "usr_alan", Name: "alan", Kind: kernel.ActorUser, Tenant: "acme"}} {
			_, err := b.Approve(runtest.As(who), runtest.Project, r.ID, r.Dossier, "seen")
			runtest.Must(t, err)
		}
		b.Await(t, r.ID, run.Succeeded)
	}
	approve(b.Await(t, b.Deploy(t, "dev", "1").ID, run.AwaitingApproval))
	r := b.Await(t, b.Deploy(t, "dev", "2").ID, run.AwaitingApproval)
	removal, err := b.Destroy(runtest.As(runtest.Ada), runtest.Project, run.ChangeRequest{Workload: "orders", Stage: "dev"})
	runtest.Must(t, err)
	x, err := b.Explain(runtest.As(runtest.Ada), runtest.Project, removal.ID)
	runtest.Must(t, err)
	if !strings.Contains(strings.Join(x.Details, "\n"), "ahead is "+r.ID+", which is awaiting approval") {
		t.Errorf("%+v", x)
	}
	look, err := b.Service.Deploy(runtest.As(runtest.Ada), runtest.Project, run.DeployRequest{Stage: "dev", Workload: runtest.Workload(t), Version: "3", DryRun: true})
	runtest.Must(t, err)
	b.Await(t, look.ID, run.PlannedOnly)
	if now := b.Now(t, r.ID); now.Status != run.AwaitingApproval || now.Dossier != r.Dossier {
		t.Errorf("%s, %s, want it as it was", now.Status, now.Dossier)
	}
	approve(r)
	b.Await(t, removal.ID, run.AwaitingApproval)
}

// TestRetry: what failed is done again as a run of its own; what is over, is not.
func TestRetry(t *testing.T) {
	t.Parallel()
	b := bench(t)
	ada := runtest.As(runtest.Ada)
	b.World.BeforePlan = func(run.Job, map[string]string) error {
		return kernel.Errorf(kernel.Unavailable, "the network is away")
	}
	failed := b.Deploy(t, "dev", "1")
	if _, err := b.Retry(ada, runtest.Project, failed.ID, run.RetryRequest{}); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("before it has ended: %v", err)
	}
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, failed.ID))
	b.World.BeforePlan = nil
	again, err := b.Retry(ada, runtest.Project, failed.ID, run.RetryRequest{Reason: "it is back"})
	runtest.Must(t, err)
	if again.RetryOf != failed.ID || again.Release != failed.Release || again.Operation != run.Deploy || again.Reason != "it is back" {
		t.Errorf("the retry is %+v", again)
	}
	runtest.Must(t, b.Advance(t.Context(), runtest.Project, again.ID))
	if again = b.Now(t, again.ID); again.Status != run.Succeeded {
		t.Fatalf("the retry is %s: %+v", again.Status, again.Failure)
	}
	_, err = b.Retry(ada, runtest.Project, failed.ID, run.RetryRequest{})
	if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), again.ID) {
		t.Errorf("after a later one: %v", err)
	}
	if _, err = b.Retry(ada, runtest.Project, again.ID, run.RetryRequest{}); !kernel.Is(err, kernel.Refused) {
		t.Errorf("of a success: %v", err)
	}
	waiting := b.Deploy(t, "dev", "2")
	b.Deploy(t, "dev", "3")
	if _, err = b.Retry(ada, runtest.Project, waiting.ID, run.RetryRequest{}); !kernel.Is(err, kernel.Refused) {
		t.Errorf("of a superseded run: %v", err)
	}
	b.Denied["workload.deploy"] = true
	if _, err = b.Retry(ada, runtest.Project, failed.ID, run.RetryRequest{}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("without the permission: %v", err)
	}
}

// resting are tenants whose runs wait.
type resting struct {
	mu    sync.Mutex
	names map[string]bool
}

func (r *resting) Resting(context.Context) (map[string]bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.names, nil
}

func (r *resting) set(names ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = map[string]bool{}
	for _, name := range names {
		r.names[name] = true
	}
}

// TestRunsOfASuspendedTenantWait: they stay in the queue, say why, and do not keep those
// of others.
func TestRunsOfASuspendedTenantWait(t *testing.T) {
	t.Parallel()
	tenants := &resting{}
	b := bench(t, func(d *run.Deps) { d.Tenants, d.Concurrency = tenants, 1 })
	tenants.set("acme")
	waits, goes := enqueue(t, b, "acme", 1)[0], enqueue(t, b, "blue", 1)[0]
	runtest.Must(t, b.Turn(context.Background(), kernel.Scope{}, waits.ID))
	r, err := b.See(person("acme"), waits.Scope, waits.ID)
	if err != nil || r.Status != run.Queued || r.Waits == nil || r.Waits.For != run.WaitSuspension || !strings.Contains(r.Waits.Message, "acme is suspended") {
		t.Errorf("%s, %+v, %v", r.Status, r.Waits, err)
	}
	if r, err = b.See(person("blue"), goes.Scope, goes.ID); err != nil || r.Status != run.Succeeded {
		t.Errorf("another tenant's run is %s, %v", r.Status, err)
	}
	tenants.set()
	runtest.Must(t, b.Turn(context.Background(), kernel.Scope{}, waits.ID))
	if r, err = b.See(person("acme"), waits.Scope, waits.ID); err != nil || r.Status != run.Succeeded {
		t.Errorf("after the suspension it is %s, %v", r.Status, err)
	}
}
