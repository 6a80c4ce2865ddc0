package run

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// heldPlan is a plan of a run where it was made.
type heldPlan struct {
	Held

	digest kernel.Digest
}

// holdOn holds on to a plan that was made, in the place of the one before.
func (e *execution) holdOn(ctx context.Context, made Planned) {
	e.drop(ctx)
	if made.Held != nil {
		e.held = &heldPlan{made.Held, made.Digest}
	}
}

// holds reports whether the plan with the digest is held.
func (e *execution) holds(plan kernel.Digest) bool { return e.held != nil && e.held.digest == plan }

// waits lets a held plan go before the run gets a status in which it waits or needs it
// no more. One that may be applied later is sealed first.
func (e *execution) waits(ctx context.Context, in Status) error {
	if e.held == nil {
		return nil
	}
	defer e.drop(ctx)
	if in != AwaitingApproval && in != Approved {
		return nil
	}
	return e.keepPlan(ctx, PlanFile{Digest: e.held.digest, Open: e.held.Open})
}

// drop forgets the plan that is held. One that passed and was not begun, since this process
// stops, is made again by the next.
func (e *execution) drop(ctx context.Context) {
	if e.held == nil {
		return
	}
	if err := e.held.Close(); err != nil {
		e.s.Log.WarnContext(ctx, "the work directory of a plan could not be removed", "run", e.id, "error", err)
	}
	e.held = nil
}
