package local

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/canary"
)

// Rollouts say how the releases of a stage take over.
type Rollouts interface {
	// Strategy is not ok where a release takes over at once.
	Strategy(stage string) (s canary.Strategy, ok bool)
}

// Answers count what instances answer to callers: the gateway, and sidecars of the mesh.
type Answers interface {
	// Watch counts from now on, until stop, what a release of a service answers, at any of the
	// addresses or through sidecars beside it.
	Watch(scope kernel.Scope, service, release string, addrs []string) (seen func() canary.Seen, stop func())
}

// The phases of a rollout.
const (
	RolloutProgressing = "progressing"
	RolloutPromoted    = "promoted"
	RolloutAborted     = "aborted"
)

// Rollout is how far a release of a service has taken over from the one before it.
type Rollout struct {
	Scope   kernel.Scope
	Service string
	// Run is the one that brings the release, "" where it is not known.
	Run string
	// From and To are releases.
	From, To string
	Phase    string
	// Step counts from 1, of Steps; Weight is the share of To in percent.
	Step, Steps, Weight int
	// StartedAt is when it began, StepAt when the step did.
	StartedAt, StepAt time.Time
	// Next and Before are what both releases have answered at this step.
	Next, Before canary.Seen
	// Reason is why it was aborted.
	Reason string
}

// rollout is one that is under way, or that was the last of its service.
type rollout struct {
	mu   sync.Mutex
	seen Rollout
	// next and before tell what is counted at the step; nil when it has ended.
	next, before func() canary.Seen
	// decided gets what a person decides, once; deciding is held while that is recorded, and
	// closed says that nobody may decide any more.
	decided  chan decision
	deciding sync.Mutex
	closed   bool
}

// decision is what a person has decided of a rollout.
type decision struct {
	promote bool
	by      string
}

// look returns how it stands.
func (r *rollout) look() Rollout {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next != nil {
		r.seen.Next, r.seen.Before = r.next(), r.before()
	}
	return r.seen
}

// end says what became of it.
func (r *rollout) end(phase, reason string) Rollout {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next != nil {
		r.seen.Next, r.seen.Before = r.next(), r.before()
	}
	r.next, r.before = nil, nil
	if r.seen.Phase, r.seen.Reason = phase, reason; phase == RolloutAborted {
		r.seen.Weight = 0
	}
	return r.seen
}

// decide passes on what a person decides once it is recorded; false where it has ended or
// somebody else was first.
func (r *rollout) decide(d decision, record func(at Rollout) error) (bool, error) {
	r.deciding.Lock()
	defer r.deciding.Unlock()
	if r.closed {
		return false, nil
	}
	if err := record(r.look()); err != nil {
		return false, err
	}
	r.closed = true
	r.decided <- d // it has room for the only one
	return true, nil
}

// close has nobody decide any more, and returns who has decided an abort that was not looked
// at yet.
func (r *rollout) close() (abortedBy string) {
	r.deciding.Lock()
	defer r.deciding.Unlock()
	r.closed = true
	select {
	case d := <-r.decided:
		if !d.promote {
			return d.by
		}
	default:
	}
	return ""
}

// told records what has become of a rollout; it outlasts the call that ran it.
func (p *servicePlane) told(ctx context.Context, typ string, r Rollout) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), toldTimeout)
	defer cancel()
	data := map[string]any{"from": r.From, "to": r.To, "weight": r.Weight}
	if r.Reason != "" {
		data["reason"] = r.Reason
	}
	return p.config.Tx.InTx(ctx, func(ctx context.Context) error {
		return p.config.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: r.Scope, Subject: "services/" + r.Service, Data: data})
	})
}

// toldTimeout bounds how long it takes to record what has become of a rollout.
const toldTimeout = 10 * time.Second
