package run_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// exists has creations at the address find what is there, until they are imports.
func exists(address, id string) func(context.Context, run.Job, string) error {
	return func(_ context.Context, job run.Job, at string) error {
		if at != address || strings.Contains(string(job.Files["adopted.tf"]), "to = "+address+"\n") {
			return nil
		}
		return runtest.AlreadyThere{ID: id}
	}
}

const cacheID = `/subscriptions/s/resourceGroups/rg/providers/Microsoft.Cache/redisEnterprise/orders-${x}`

func TestWhatAnInterruptedApplyCreatedIsAdopted(t *testing.T) {
	t.Parallel()
	b := bench(t)
	r := b.Deploy(t, "dev", "1")
	crash(t, b, r.ID, "module.redis_cache", nil)
	next := b.Restart(t)
	b.World.Before = exists("module.redis_cache", cacheID)
	next.Start(t)
	runtest.Must(t, next.Sweep(t.Context()))
	done := next.Await(t, r.ID, run.Succeeded)
	if len(done.Adopted) != 1 || done.Adopted[0] != (run.Adoption{Address: "module.redis_cache", ID: cacheID}) {
		t.Errorf("adopted: %+v", done.Adopted)
	}
	if done.Attempt != 2 {
		t.Errorf("attempt %d: taking over is none", done.Attempt)
	}
	root, err := next.GetRoot(runtest.As(runtest.Grace), runtest.Project, r.ID)
	if err != nil || !strings.Contains(string(root.Files["adopted.tf"]), `orders-$${x}"`) {
		t.Errorf("the import: %s, %v", root.Files["adopted.tf"], err)
	}
	if len(b.World.Resources(r.Stack)) != 3 {
		t.Errorf("there: %v", b.World.Resources(r.Stack))
	}
}

func TestWhatOthersMadeIsNotAdopted(t *testing.T) {
	t.Parallel()
	for name, interrupted := range map[string]string{
		"a run that was not interrupted":               "",
		"an address that the first apply came not yet": "module.redis_cache",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench(t)
			r := b.Deploy(t, "dev", "1")
			if interrupted != "" {
				crash(t, b, r.ID, interrupted, nil)
				b = b.Restart(t)
			}
			b.World.Before = exists("module.route_web", cacheID)
			runtest.Must(t, b.Advance(t.Context(), runtest.Project, r.ID))
			if failed := b.Await(t, r.ID, run.Failed); len(failed.Adopted) > 0 || failed.Failure.Phase != "apply" {
				t.Errorf("%+v", failed)
			}
		})
	}
}

func TestALaterRunAdoptsWhatAnEndedOneLeft(t *testing.T) {
	t.Parallel()
	b := bench(t)
	r := b.Deploy(t, "dev", "1")
	crash(t, b, r.ID, "module.redis_cache", nil)
	next := b.Restart(t)
	b.World.Before = func(context.Context, run.Job, string) error { return kernel.Errorf(kernel.Invalid, "quota exceeded") }
	runtest.Must(t, next.Advance(t.Context(), runtest.Project, r.ID))
	next.Await(t, r.ID, run.Failed)
	b.World.Before = exists("module.redis_cache", cacheID)
	again := next.Deploy(t, "dev", "1")
	runtest.Must(t, next.Advance(t.Context(), runtest.Project, again.ID))
	if done := next.Await(t, again.ID, run.Succeeded); len(done.Adopted) != 1 {
		t.Errorf("adopted: %+v", done.Adopted)
	}
}

func TestWhatIsHalfMadeIsCompletedFirst(t *testing.T) {
	t.Parallel()
	b := bench(t)
	r := b.Deploy(t, "dev", "1")
	crash(t, b, r.ID, "module.redis_cache", nil)
	next := b.Restart(t)
	b.World.Before = exists("module.redis_cache", cacheID)
	limited := 0
	b.World.BeforePlan = func(job run.Job, resources map[string]string) error {
		if len(job.Targets) > 0 {
			limited++
			return nil
		}
		if resources["module.redis_cache"] == "" && len(job.Files["adopted.tf"]) > 0 {
			return kernel.Errorf(kernel.Invalid, "the cluster has no database")
		}
		return nil
	}
	next.Start(t)
	runtest.Must(t, next.Sweep(t.Context()))
	if done := next.Await(t, r.ID, run.Succeeded); limited != 1 || done.Attempt != 2 {
		t.Errorf("%d limited plans, attempt %d", limited, done.Attempt)
	}
	if len(b.World.Resources(r.Stack)) != 3 {
		t.Errorf("there: %v", b.World.Resources(r.Stack))
	}
}

// TestWhatStaysHalfMadeEndsTheRun: it is completed once, even if there always is
// something to complete.
func TestWhatStaysHalfMadeEndsTheRun(t *testing.T) {
	t.Parallel()
	b := bench(t)
	r := b.Deploy(t, "dev", "1")
	crash(t, b, r.ID, "module.redis_cache", nil)
	next := b.Restart(t)
	b.World.Before = exists("module.redis_cache", cacheID)
	limited := 0
	b.World.BeforePlan = func(job run.Job, resources map[string]string) error {
		switch {
		case len(job.Targets) > 0:
			limited++
		case len(job.Files["adopted.tf"]) > 0:
			resources["module.redis_cache"] = fmt.Sprint("drifted", limited)
			return kernel.Errorf(kernel.Invalid, "the cluster has no database")
		}
		return nil
	}
	runtest.Must(t, next.Advance(t.Context(), runtest.Project, r.ID))
	if done := next.Await(t, r.ID, run.Failed); limited != 1 || !strings.Contains(done.Failure.Message, "no database") {
		t.Errorf("%d limited plans, %+v", limited, done.Failure)
	}
}

// TestWhatIsStillBeingMadeIsAwaited: the target goes on with what the killed apply
// began. Without an interruption nobody waits.
func TestWhatIsStillBeingMadeIsAwaited(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		interrupted bool
		times       int
		want        run.Status
	}{
		"for a while":            {true, 3, run.Succeeded},
		"but not for ever":       {true, run.MaxPauses + 1, run.Failed},
		"by nobody who can tell": {false, 1, run.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench(t)
			r := b.Deploy(t, "dev", "1")
			if tc.interrupted {
				crash(t, b, r.ID, "module.redis_cache", nil)
			}
			next, times := b.Restart(t, func(d *run.Deps) { d.Pause = 1 }), 0
			b.World.Before = func(ctx context.Context, job run.Job, at string) error {
				if tc.interrupted {
					if err := exists("module.redis_cache", cacheID)(ctx, job, at); err != nil {
						return err
					}
				}
				if times++; times <= tc.times {
					return runtest.Busy{}
				}
				return nil
			}
			runtest.Must(t, next.Advance(t.Context(), runtest.Project, r.ID))
			if done := next.Await(t, r.ID, tc.want); times < tc.times || done.Attempt > 2 {
				t.Errorf("%d times, attempt %d", times, done.Attempt)
			}
		})
	}
}

// TestAnIDThatIsKnownLater: where the target does not tell the id, the next plan
// may know it; one that never does ends the run.
func TestAnIDThatIsKnownLater(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ids  []string
		want run.Status
	}{
		"at the second try": {[]string{"", cacheID}, run.Succeeded},
		"never":             {[]string{"", ""}, run.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench(t)
			r := b.Deploy(t, "dev", "1")
			crash(t, b, r.ID, "module.redis_cache", nil)
			next, tries := b.Restart(t), 0
			b.World.Before = func(ctx context.Context, job run.Job, at string) error {
				err := exists("module.redis_cache", tc.ids[min(tries, 1)])(ctx, job, at)
				if err != nil {
					tries++
				}
				return err
			}
			runtest.Must(t, next.Advance(t.Context(), runtest.Project, r.ID))
			if done := next.Await(t, r.ID, tc.want); tries != 2 || len(done.Adopted) != 1 || done.Attempt != 2 {
				t.Errorf("%d tries, adopted %+v, attempt %d", tries, done.Adopted, done.Attempt)
			}
		})
	}
}

// haunted is a planner whose applies begin a creation at an address of another's
// choice, too, and find it there unless the root module imports something.
type haunted struct {
	run.Planner
	address string
	imports *string
}

// Plan holds no plan, so that it is Apply that is asked.
func (h haunted) Plan(ctx context.Context, job run.Job, sink func(run.Event)) (run.Planned, error) {
	job.Warm = false
	return h.Planner.Plan(ctx, job, sink)
}

func (h haunted) Apply(ctx context.Context, job run.Job, plan run.PlanFile, sink func(run.Event)) (run.Applied, error) {
	sink(run.Event{Type: "apply_start", Address: h.address})
	*h.imports = string(job.Files["adopted.tf"])
	if job.Attempt == 1 || *h.imports != "" {
		return h.Planner.Apply(ctx, job, plan, sink)
	}
	return run.Applied{Existing: []run.Adoption{{Address: h.address, ID: "x\n\x00\"}"}}}, kernel.Errorf(kernel.Invalid, "it is there")
}

// TestAddressesAreNoCode: keys come from users, and are keys whatever they say.
func TestAddressesAreNoCode(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		address, want string
	}{
		"keys":           {`module.a["x y"].b.c["${file(\"/etc/passwd\")}\n\"]\n}"]`, ""},
		"escaped":        {`module.a["x y"].b.c["$${a}%%{b} \"] é\\"]`, `module.a["x y"].b.c["$${a}%%{b} \"] é\\"]`},
		"a number":       {`module.a[12].b.c[0]`, `module.a[12].b.c[0]`},
		"lines":          {"a.b\n}\nresource \"x\" \"y\" {}", ""},
		"a comment":      {"a.b # c", "a.b"},
		"a function":     {`a.b[file("/etc/passwd")]`, ""},
		"an expression":  {`a.b + a.c`, ""},
		"everything":     {`a.b[*].c`, ""},
		"only a word":    {`a`, ""},
		"nothing at all": {``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var imports string
			b := bench(t, func(d *run.Deps) { d.Planner = haunted{d.Planner, tc.address, &imports} })
			r := b.Deploy(t, "dev", "1")
			crash(t, b, r.ID, "module.redis_cache", nil)
			next := b.Restart(t, func(d *run.Deps) { d.Planner = haunted{d.Planner, tc.address, &imports} })
			b.World.Before = nil
			runtest.Must(t, next.Advance(t.Context(), runtest.Project, r.ID))
			want, status := "", run.Failed
			if tc.want != "" {
				want, status = "import {\n  to = "+tc.want+"\n  id = \"x\\n\\u0000\\\"}\"\n}\n", run.Succeeded
			}
			if next.Await(t, r.ID, status); imports != want {
				t.Errorf("%q, want %q", imports, want)
			}
		})
	}
}
