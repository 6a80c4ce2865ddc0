package run

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// warmPlan is a plan of a run in the work directory where it was made.
type warmPlan struct {
	WarmPlan

	digest kernel.Digest
}

// keepWarm keeps a plan that was made, in the place of the one before.
func (e *execution) keepWarm(ctx context.Context, made Planned) {
	e.drop(ctx)
	if made.Warm != nil {
		e.warm = &warmPlan{made.Warm, made.Digest}
	}
}

// isWarm reports whether it is the plan with the digest.
func (e *execution) isWarm(plan kernel.Digest) bool { return e.warm != nil && e.warm.digest == plan }

// waits lets a warm plan go before the run gets a status in which it waits or needs it
// no more. One that may be applied later is sealed first.
func (e *execution) waits(ctx context.Context, in Status) error {
	if e.warm == nil {
		return nil
	}
	defer e.drop(ctx)
	if in != AwaitingApproval && in != Approved {
		return nil
	}
	return e.keepPlan(ctx, PlanFile{Digest: e.warm.digest, Open: e.warm.Open})
}

// drop forgets the plan that is warm. One that passed and was not begun, since this process
// stops, is made again by the next.
func (e *execution) drop(ctx context.Context) {
	if e.warm == nil {
		return
	}
	if err := e.warm.Close(); err != nil {
		e.s.Log.WarnContext(ctx, "the work directory of a plan could not be removed", "run", e.id, "error", err)
	}
	e.warm = nil
}
