package fleet_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/delivery/fleet/fleetsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// around is what a fleet works with, and what it did there.
type around struct {
	mu     sync.Mutex
	fence  int64
	events []fleet.Event
	kept   map[string]string
	facts  []string
	now    time.Time
	denied bool
}

func (a *around) Authorize(context.Context, string, kernel.Scope) error {
	if a.denied {
		return kernel.Errorf(kernel.Denied, "not allowed")
	}
	return nil
}

func (a *around) Record(_ context.Context, f kernel.Fact) error {
	a.facts = append(a.facts, f.Type)
	return nil
}

func (a *around) CheckFence(_ context.Context, _ string, fence int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if fence != a.fence {
		return kernel.Errorf(kernel.Stale, "fence %d has ended", fence)
	}
	return nil
}

func (a *around) Append(_ context.Context, _, _ string, events []fleet.Event) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.events = append(a.events, events...)
	return nil
}

func (a *around) Has(_ context.Context, _ string, events []fleet.Event) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, e := range a.events {
		if n < len(events) && e == events[n] {
			n++
		}
	}
	return n, nil
}

func (a *around) Keep(_ context.Context, stack string, fence int64, state io.Reader) error {
	if fence != 1 {
		return kernel.Errorf(kernel.Stale, "under fence %d", fence)
	}
	raw, err := io.ReadAll(state)
	a.kept[stack] = string(raw)
	return err
}

func (a *around) Now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *around) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

// bench is two processes of a daemon, with the same fleet.
type bench struct {
	*around
	one, two *fleet.Service
}

func planFile(content string) fleet.PlanFile {
	return fleet.PlanFile{Digest: kernel.DigestOf([]byte(content)), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content)), nil
	}}
}

// content reads what was opened.
func content(r io.ReadCloser, err error) (string, error) {
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(r)
	return string(raw), errors.Join(err, r.Close())
}

func acme() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "prod"} }

func each(t *testing.T, test func(t *testing.T, b bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{fleetsql.Migrations()}, func(t *testing.T, d *db.DB) {
		dir := t.TempDir()
		sealer, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(dir, "kek")})
		must(t, err)
		blobs, err := blob.Open(t.Context(), "file://"+filepath.Join(dir, "blobs"), nil)
		must(t, err)
		a := &around{fence: 1, kept: map[string]string{}, now: kernel.Clock(nil).Now()}
		deps := fleet.Deps{
			Tx: d, Store: fleetsql.NewStore(d), Authorizer: a, Journal: a, Fences: a, Logs: a, States: a, Sealer: sealer, Blobs: blobs, Clock: a.Now,
		}
		test(t, bench{a, fleet.New(deps), fleet.New(deps)})
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func labels(pairs ...string) map[string]string {
	m := map[string]string{}
	for _, p := range pairs {
		key, value, _ := strings.Cut(p, "=")
		m[key] = value
	}
	return m
}

// joins makes a runner that is connected.
func (b bench) joins(t *testing.T, tenant, name string, own map[string]string) fleet.Runner {
	t.Helper()
	_, token, err := b.one.Create(t.Context(), kernel.Scope{Tenant: tenant}, name, own)
	must(t, err)
	r, err := b.one.Authenticate(t.Context(), token)
	must(t, err)
	_, err = b.one.Connect(t.Context(), r, fleet.Hello{Concurrency: 2, Version: "1", Platform: "linux_amd64"})
	must(t, err)
	r, err = b.one.Authenticate(t.Context(), token)
	must(t, err)
	return r
}

func job(phase string) fleet.Job {
	return fleet.Job{
		Run: "run_1", Stack: "acme/shop/orders/prod", Scope: acme(), Fence: 1, Phase: phase, Labels: labels("pool=prod"),
		Stage: []byte(`{}`), Files: map[string][]byte{"main.tf.json": []byte("{}")}, Token: "trun_secret",
	}
}

// answer is what Execute came to.
type answer struct {
	result fleet.Result
	err    error
}

func execute(ctx context.Context, s *fleet.Service, j fleet.Job, c fleet.Control) <-chan answer {
	out := make(chan answer, 1)
	go func() {
		r, err := s.Execute(ctx, j, planFile("the plan"), c)
		out <- answer{r, err}
	}()
	return out
}

// takes waits until the runner has an assignment.
func (b bench) takes(t *testing.T, r fleet.Runner) (*fleet.Assignment, *fleet.Job) {
	t.Helper()
	a, j, err := b.one.Take(t.Context(), r, r.Session)
	must(t, err)
	if a == nil {
		t.Fatal("there was nothing to take")
	}
	return a, j
}

func TestAPlanAtARunner(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.joins(t, "acme", "far", labels("pool=prod", "zone=a"))
		got := execute(t.Context(), b.two, job("plan"), fleet.Control{}) // another process than the one the runner talks to
		a, j := b.takes(t, r)
		if j.Token != "trun_secret" || string(j.Files["main.tf.json"]) != "{}" {
			t.Errorf("the job came as %+v", j)
		}
		first, second := fleet.Event{Message: "one"}, fleet.Event{Message: "two"}
		must(t, b.one.Tell(t.Context(), r, r.Session, a.ID, fleet.Delivery{Events: []fleet.Event{first}}))
		must(t, b.one.Tell(t.Context(), r, r.Session, a.ID, fleet.Delivery{Events: []fleet.Event{first, second}})) // the answer to the first was lost
		if err := b.one.Tell(t.Context(), r, r.Session, a.ID, fleet.Delivery{From: 5, Events: []fleet.Event{first}}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("a gap in the events: %v", err)
		}
		if !slices.EqualFunc(b.events, []string{"one", "two"}, func(e fleet.Event, s string) bool { return e.Message == s }) {
			t.Errorf("the log has %+v", b.events)
		}
		must(t, b.one.Upload(t.Context(), r, r.Session, a.ID, fleet.PartPlanFile, strings.NewReader("file")))
		must(t, b.one.Upload(t.Context(), r, r.Session, a.ID, fleet.PartPlanJSON, strings.NewReader("json")))
		must(t, b.one.Finish(t.Context(), r, r.Session, a.ID, fleet.Outcome{}))
		must(t, b.one.Finish(t.Context(), r, r.Session, a.ID, fleet.Outcome{})) // told twice
		end := <-got
		must(t, end.err)
		for part, want := range map[string]string{fleet.PartPlanFile: "file", fleet.PartPlanJSON: "json"} {
			if got, err := content(end.result.Open(t.Context(), part)); got != want || err != nil {
				t.Errorf("the %s is %q, %v", part, got, err)
			}
		}
		must(t, end.result.Close())
		if got, err := content(end.result.Open(t.Context(), fleet.PartPlanFile)); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("after the end: %q, %v", got, err)
		}
	})
}

// TestWhoMayTake: labels and tenants decide, and a fence that is still the stack's.
func TestWhoMayTake(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		strangers := []fleet.Runner{
			b.joins(t, "acme", "other-pool", labels("pool=test")), b.joins(t, "evil", "far", labels("pool=prod")),
		}
		got := execute(ctx, b.one, job("apply"), fleet.Control{})
		for _, r := range strangers {
			short, end := context.WithTimeout(t.Context(), 300*time.Millisecond)
			if a, _, err := b.one.Take(short, r, r.Session); err != nil && short.Err() == nil || a != nil {
				t.Errorf("%s of %s took %+v, %v", r.Name, r.Tenant, a, err)
			}
			end()
		}
		right := b.joins(t, "acme", "far", labels("pool=prod"))
		a, _ := b.takes(t, right)
		for _, r := range strangers {
			if _, err := b.one.Plan(t.Context(), r, r.Session, a.ID); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s of %s reads the plan: %v", r.Name, r.Tenant, err)
			}
			if err := b.one.Finish(t.Context(), r, r.Session, a.ID, fleet.Outcome{}); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s of %s tells the outcome: %v", r.Name, r.Tenant, err)
			}
		}
		if plan, err := content(b.one.Plan(t.Context(), right, right.Session, a.ID)); err != nil || plan != "the plan" {
			t.Errorf("the plan is %q, %v", plan, err)
		}
		b.mu.Lock()
		b.fence = 2 // another lease
		b.mu.Unlock()
		if command, err := b.one.Beat(t.Context(), right, right.Session, a.ID, fleet.Go); command != fleet.Gone || !kernel.Is(err, kernel.Stale) {
			t.Errorf("under another fence: %q, %v", command, err)
		}
		stop()
		<-got
	})
}

// TestLost: silence, a new start, a removal and a stop lose what a runner had taken.
func TestLost(t *testing.T) {
	t.Parallel()
	type loss func(t *testing.T, b bench, r fleet.Runner, id string)
	for says, lose := range map[string]loss{
		"the runner far was lost in mid-apply": func(_ *testing.T, b bench, _ fleet.Runner, _ string) { b.pass(fleet.Patience + time.Second) },
		"the runner far was started anew in mid-apply": func(t *testing.T, b bench, r fleet.Runner, _ string) {
			now, err := b.one.Connect(t.Context(), r, fleet.Hello{Concurrency: 1})
			must(t, err)
			if _, _, err := b.one.Take(t.Context(), now, r.Session); !kernel.Is(err, kernel.Conflict) {
				t.Errorf("the process before: %v", err)
			}
		},
		"the runner far was removed in mid-apply": func(t *testing.T, b bench, r fleet.Runner, _ string) {
			must(t, b.one.Remove(t.Context(), acme(), r.Name, "stolen"))
		},
		"the runner far was stopped in mid-apply": func(t *testing.T, b bench, r fleet.Runner, id string) {
			all, err := b.one.List(t.Context(), acme())
			must(t, err)
			if len(all) != 1 || len(all[0].Runs) != 1 || !all[0].Connected {
				t.Errorf("the runner is listed as %+v", all)
			}
			must(t, b.one.Finish(t.Context(), r, r.Session, id, fleet.Outcome{Interrupted: "was stopped"}))
		},
	} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, b bench) {
				r := b.joins(t, "acme", "far", labels("pool=prod"))
				got := execute(t.Context(), b.one, job("apply"), fleet.Control{})
				a, _ := b.takes(t, r)
				lose(t, b, r, a.ID)
				end := <-got
				lost, ok := errors.AsType[*fleet.LostError](end.err)
				if !ok || !lost.Begun || !strings.Contains(lost.Reason, says) {
					t.Errorf("it ended with %v", end.err)
				}
				if on, err := b.one.Working(t.Context(), a.Run, 1); on || err != nil {
					t.Errorf("it still counts as at work: %v, %v", on, err)
				}
			})
		})
	}
}

// TestANewProcessFindsTheApplyThatIsUnderWay: the daemon ends and starts while a
// runner applies; nothing is begun twice.
func TestANewProcessFindsTheApplyThatIsUnderWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.joins(t, "acme", "far", labels("pool=prod"))
		ctx, dies := context.WithCancel(t.Context())
		first := execute(ctx, b.one, job("apply"), fleet.Control{})
		a, _ := b.takes(t, r)
		dies()
		if end := <-first; !errors.Is(end.err, context.Canceled) {
			t.Fatalf("the process that ends gets %v", end.err)
		}
		if on, err := b.two.Working(t.Context(), a.Run, 1); !on || err != nil {
			t.Fatalf("it does not count as at work: %v, %v", on, err)
		}
		second := make(chan answer, 1)
		go func() {
			result, ok, err := b.two.Applied(t.Context(), a.Run, 1, fleet.Control{})
			if !ok && err == nil {
				err = errors.New("there is none")
			}
			second <- answer{result, err}
		}()
		must(t, b.one.Finish(t.Context(), r, r.Session, a.ID, fleet.Outcome{Outputs: map[string]json.RawMessage{"x": json.RawMessage("1")}}))
		end := <-second
		if end.err != nil || string(end.result.Outputs["x"]) != "1" {
			t.Errorf("the new process gets %+v", end)
		}
		must(t, end.result.Close())
		if _, ok, err := b.two.Applied(t.Context(), a.Run, 1, fleet.Control{}); ok || err != nil {
			t.Errorf("the outcome is read twice: %v, %v", ok, err)
		}
	})
}

// TestCommands: a stop and then a kill reach the runner.
func TestCommands(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		r := b.joins(t, "acme", "far", labels("pool=prod"))
		stop, kill := make(chan struct{}), make(chan struct{})
		got := execute(t.Context(), b.two, job("apply"), fleet.Control{Stop: stop, Kill: kill})
		a, _ := b.takes(t, r)
		known := fleet.Go
		hears := func(want fleet.Command) {
			for known != want {
				var err error
				known, err = b.one.Beat(t.Context(), r, r.Session, a.ID, known)
				must(t, err)
			}
		}
		close(stop)
		hears(fleet.Stop)
		close(kill)
		hears(fleet.Kill)
		must(t, b.one.Finish(t.Context(), r, r.Session, a.ID, fleet.Outcome{Error: &fleet.Error{Kind: kernel.Unavailable, Message: "killed"}}))
		if end := <-got; end.err != nil || !kernel.Is(end.result.Error.Err(), kernel.Unavailable) {
			t.Errorf("it ended with %+v", end)
		}
	})
}

// TestRunnersAndTheirTokens: who may make one, what a token is worth, and what is not possible.
func TestRunnersAndTheirTokens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bench) {
		ctx := t.Context()
		r := b.joins(t, "acme", "far", labels("pool=prod"))
		if _, _, err := b.one.Create(ctx, acme(), "far", labels("pool=prod")); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("the same name: %v", err)
		}
		for name, own := range map[string]map[string]string{"Far Away": labels("pool=prod"), "none": {}, "bad": labels("pool=a b")} {
			if _, _, err := b.one.Create(ctx, acme(), name, own); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%s with %v: %v", name, own, err)
			}
		}
		if _, err := b.one.Connect(ctx, r, fleet.Hello{Concurrency: 1, Labels: labels("pool=other")}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("a label that was not given: %v", err)
		}
		for want, asked := range map[int]map[string]string{2: labels("pool=prod"), 0: labels("pool=prod", "zone=a")} {
			if n, err := b.one.Capacity(ctx, "acme", asked); n != want || err != nil {
				t.Errorf("capacity for %v: %d, %v, want %d", asked, n, err, want)
			}
		}
		if n, _ := b.one.Capacity(ctx, "evil", labels("pool=prod")); n != 0 {
			t.Errorf("another tenant has %d", n)
		}
		b.pass(time.Minute)
		if n, _ := b.one.Capacity(ctx, "acme", labels("pool=prod")); n != 0 {
			t.Errorf("of a runner that is away: %d", n)
		}
		if err := b.one.Remove(ctx, kernel.Scope{Tenant: "evil"}, "far", ""); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant removes it: %v", err)
		}
		must(t, b.one.Remove(ctx, acme(), "far", ""))
		if _, err := b.one.Authenticate(ctx, "trnr_x"); !kernel.Is(err, kernel.Unauthenticated) {
			t.Errorf("a wrong token: %v", err)
		}
		if !slices.Equal(b.facts, []string{"runner.created", "runner.removed"}) {
			t.Errorf("facts: %v", b.facts)
		}
		b.denied = true
		if _, err := b.one.List(ctx, acme()); !kernel.Is(err, kernel.Denied) {
			t.Errorf("who may not look: %v", err)
		}
	})
}
