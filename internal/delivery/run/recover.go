package run

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// SweepEvery is how often stranded runs are looked for.
const SweepEvery = 5 * time.Second

// resume continues a run whose apply was interrupted. It plans again: nothing
// left means that everything was applied; the rest of the approved plan is
// applied under the same approval; anything else goes back to the gates.
func (e *execution) resume(ctx context.Context) error {
	if done, err := e.lookOn(ctx); done || err != nil {
		return err
	}
	approved, err := e.s.Store.Dossier(ctx, e.scope, e.id, e.run.Dossier)
	if err != nil {
		return err
	}
	a, err := e.makePlan(ctx)
	if kernel.Is(err, kernel.Invalid) && incomplete(e.run.Adopted) && ctx.Err() == nil {
		return e.completeAdopted(ctx, approved.Plan, err)
	}
	if err != nil {
		return err
	}
	if !a.plan.Empty() && e.passes(a.dossier.Gates) && isRest(a.dossier.Plan, approved.Plan, e.run.Adopted) {
		return e.applyRest(ctx, a)
	}
	return e.decide(ctx, a)
}

// applyRest applies what an interrupted apply left, under the approval it has.
func (e *execution) applyRest(ctx context.Context, a attempt) error {
	before := ""
	if p := e.s.progress(ctx, e.run); p != nil {
		before = "; before it, " + p.String()
	}
	err := e.move(ctx, change{to: Applying, fact: "continued", edit: func(ctx context.Context, r *Run) error {
		r.StatusReason = "the rest of the plan, after an interruption" + before
		rest := a.plan
		r.Plan = &rest
		return settleGates(ctx, a.dossier.Gates)
	}})
	if err != nil {
		return err
	}
	return e.execute(ctx, a.planned.Digest, a.root)
}

// isRest reports whether every change of the plan, address and action, is one
// of the approved plan. What was to be created and is adopted may be imported.
func isRest(rest, approved PlanView, imports []Adoption) bool {
	type part struct{ address, action string }
	known := map[part]bool{}
	for _, c := range approved.Changes {
		known[part{c.Address, c.Action}] = true
		if c.Action == actionReplace { // one that was interrupted in between is left as one of its halves
			known[part{c.Address, actionCreate}] = true
		}
	}
	for _, c := range rest.Changes {
		half := c.Deposed != "" && known[part{c.Address, actionReplace}]
		if !known[part{c.Address, c.Action}] && !half && !(c.Action == actionUpdate && adopted(imports, c.Address) && known[part{c.Address, actionCreate}]) {
			return false
		}
	}
	return true
}

// wakeAtOnce bounds how many runs one sweep wakes.
const wakeAtOnce = 100

// Sweep wakes the runs that could be executed and that nobody executes: those
// that were stranded by a process that died, and those whose turn came unnoticed.
// One that waits for a limit is not woken: who ends makes room for it.
func (s *Service) Sweep(ctx context.Context) error {
	l, err := s.lineup(ctx)
	if err != nil {
		return err
	}
	var failed error
	woken := 0
	for _, h := range l.waiting {
		if woken == wakeAtOnce {
			break
		}
		if s.limited(l, h) != nil {
			continue
		}
		st := s.stageOf(h)
		l.count(h, st)
		if !st.Remote() {
			l.woken++
		}
		woken++
		failed = errors.Join(failed, s.wake(ctx, h))
	}
	return failed
}

func (s *Service) wake(ctx context.Context, h Head) error {
	if !s.nudged.add(h.Run) {
		return nil
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Jobs.Enqueue(ctx, h.Scope, h.Run) })
	if err != nil {
		s.nudged.clear()
	}
	return err
}

// Watch sweeps at once, which takes up what earlier processes of this node
// left, and tells of approvals that expire, and then again and again until ctx ends.
func (s *Service) Watch(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := errors.Join(s.ExpireApprovals(ctx), s.Sweep(ctx)); err != nil && ctx.Err() == nil {
			return err
		}
		timer.Reset(supervise.Beat(SweepEvery))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
	}
}

// nudged are the runs that a sweep woke and that no turn has looked at since: one
// job for each is enough, however long the queue is.
type nudged struct {
	sync.Mutex
	runs map[string]bool
}

// add reports whether the run was not there yet.
func (n *nudged) add(id string) bool {
	n.Lock()
	defer n.Unlock()
	was := n.runs[id]
	n.runs[id] = true
	return !was
}

// clear forgets all runs: one turn looks at all that wait, and the job that woke it may
// stand for those of others.
func (n *nudged) clear() {
	n.Lock()
	defer n.Unlock()
	clear(n.runs)
}
