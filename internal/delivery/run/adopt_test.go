package run_test

import (
	"context"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// exists makes creations at the address fail as azurerm's do, until they are imports.
func exists(address, words string) func(context.Context, run.Job, string) error {
	return func(_ context.Context, job run.Job, at string) error {
		if at != address || strings.Contains(string(job.Files["adopted.tf"]), "to = "+address+"\n") {
			return nil
		}
		return kernel.Errorf(kernel.Invalid, "terraform apply failed").WithProblems(kernel.Problem{Path: address, Message: words})
	}
}

const (
	cacheID = `/subscriptions/s/resourceGroups/rg/providers/Microsoft.Cache/redisEnterprise/orders-${x}`
	isThere = `A resource with the ID "` + cacheID + `" already exists - to be managed via Terraform this resource needs to be imported into the State.`
)

func TestWhatAnInterruptedApplyCreatedIsAdopted(t *testing.T) {
	t.Parallel()
	b := bench(t)
	r := b.Deploy(t, "dev", "1")
	crash(t, b, r.ID, "module.redis_cache", nil)
	next := b.Restart(t)
	b.World.Before = exists("module.redis_cache", isThere)
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
	if err == nil && !strings.Contains(string(root.Files["adopted.tf"]), `orders-$${x}"`) {
		t.Errorf("the import: %s", root.Files["adopted.tf"])
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
			b.World.Before = exists("module.route_web", isThere)
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
	b.World.Before = exists("module.redis_cache", isThere)
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
	b.World.Before = exists("module.redis_cache", isThere)
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
	if done := next.Await(t, r.ID, run.Succeeded); limited != 1 || done.Attempt != 3 {
		t.Errorf("%d limited plans, attempt %d", limited, done.Attempt)
	}
	if len(b.World.Resources(r.Stack)) != 3 {
		t.Errorf("there: %v", b.World.Resources(r.Stack))
	}
}
