package runner_test

import (
	"context"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// TestARefreshOnlyLooks plans what was changed outside, with a root module that
// would change more, while another holds the lock of the state.
func TestARefreshOnlyLooks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deploy(t, "run_1", stack, data(`{"a":{"input":"one"}}`))
	holder := state.Caller{Run: "run_2", Stack: stack, Fence: 1, MayWrite: true}
	if err := b.room.Service.Lock(context.Background(), holder, stack, state.Lock{ID: "held"}); err != nil {
		t.Fatal(err)
	}
	job := b.job(t, "chk_1", stack, tokens.PhasePlan, data(`{"a":{"input":"two"},"b":{}}`))
	job.RefreshOnly = true
	if _, err := b.Plan(context.Background(), job, nil); !kernel.Is(err, kernel.Locked) {
		t.Errorf("with the lock of another: %v, want locked", err)
	}
	job.Unlocked = true
	plan, err := b.Plan(context.Background(), job, nil)
	if err != nil || len(plan.JSON.ResourceChanges) != 0 || len(plan.JSON.ResourceDrift) != 0 {
		t.Errorf("%+v, %v; want a plan that changes nothing", plan.JSON, err)
	}
	if job.RefreshOnly = false; err != nil {
		return
	}
	if plan, err = b.Plan(context.Background(), job, nil); err != nil || summaryOf(plan) != (summary{Create: 1, Update: 1}) {
		t.Errorf("%+v, %v; want the changes of the root module", summaryOf(plan), err)
	}
}
