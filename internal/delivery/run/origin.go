package run

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Origin is where something began: all facts that come of it name the same, so
// that the way from a push to what is deployed can be followed.
type Origin struct {
	// Cause is the id of the event that caused it, "" where none is known.
	Cause string `json:"cause,omitempty"`
	// Request is the id of the request that asked for it.
	Request string `json:"request,omitempty"`
}

// origin is what the facts of the run name.
func (r Run) origin() Origin {
	if r.CausedBy != "" {
		return Origin{r.CausedBy, r.Request}
	}
	return Origin{r.Event, r.Request}
}

// in returns a context for facts of the origin. A request that is under way is
// told itself.
func (o Origin) in(ctx context.Context) context.Context {
	if o.Cause != "" {
		ctx = kernel.WithCause(ctx, o.Cause)
	}
	if o.Request != "" && kernel.RequestIDFrom(ctx) == "" {
		ctx = kernel.WithRequestID(ctx, o.Request)
	}
	return ctx
}

// begin notes where the run began: with what it follows from, with what has caused
// the work of ctx, else with itself.
func (r *Run) begin(ctx context.Context, from Origin) {
	r.CausedBy, r.Request = kernel.CauseFrom(ctx), kernel.RequestIDFrom(ctx)
	if from.Cause != "" {
		r.CausedBy = from.Cause
	}
	if r.Request == "" {
		r.Request = from.Request
	}
	if r.CausedBy == "" {
		r.Event = kernel.NewID("evt")
	}
}
