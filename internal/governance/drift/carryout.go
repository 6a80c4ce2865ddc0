package drift

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// postponeFor is how long a check waits for a run of its stack.
	postponeFor = 30 * time.Second
	// keepChecks is how many checks of a stack are kept.
	keepChecks = 20
	// endTimeout bounds the transaction that ends a check whose context has ended.
	endTimeout = 10 * time.Second
)

// carryOut does one check, under its claim, and says how it went.
func (s *Service) carryOut(ctx context.Context, w Watch) {
	ctx = kernel.WithActor(ctx, kernel.System("drift", w.Scope.Tenant))
	looking, cancel := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() { s.keep(looking, w, cancel) })
	err := s.look(looking, w)
	stopped := ctx.Err() != nil
	cancel()
	keeper.Wait()
	if err == nil {
		return
	}
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	if err := s.end(ctx, w, err, stopped); err != nil && !kernel.Is(err, kernel.Stale) {
		s.Log.WarnContext(ctx, "a drift check could not be ended; it is done again", "stack", w.Stack(), "error", err)
	}
}

// look asks terraform and records what it found.
func (s *Service) look(ctx context.Context, w Watch) error {
	st, err := s.Stages.Get(w.Scope.Stage)
	if err != nil {
		return err
	}
	c, err := s.started(ctx, w)
	if err != nil {
		return err
	}
	ctx = c.caused(ctx)
	sight, err := s.Inspector.Inspect(ctx, Question{Check: c.ID, Scope: w.Scope, Workload: w.Workload}, func(message string) { s.say(ctx, &c, message) })
	if err != nil {
		return err
	}
	found := s.finder(st).find(sight.Outside)
	foresee(found, sight)
	if err := s.attribute(ctx, w, st, sight, found); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.done(ctx, w, c, sight, found) })
}

// started says that the check has begun. One of the schedule has no record before.
func (s *Service) started(ctx context.Context, w Watch) (Check, error) {
	now := s.Clock.Now()
	c, err := s.Store.Check(ctx, w.Scope, w.Check)
	if kernel.Is(err, kernel.NotFound) {
		c = Check{ID: w.Check, Scope: w.Scope, Workload: w.Workload, Stack: w.Stack(), Trigger: TriggerSchedule, RequestedBy: "the schedule of " + w.Scope.Stage, QueuedAt: now}
		err = nil
	}
	if err != nil {
		return c, err
	}
	c.Status, c.StartedAt, c.Message, c.Fix = CheckRunning, &now, "looking at what is there", ""
	return c, s.Store.PutCheck(ctx, c)
}

// say tells what the check does, for who waits for it.
func (s *Service) say(ctx context.Context, c *Check, message string) {
	c.Message = message
	if err := s.Store.PutCheck(ctx, *c); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "the progress of a drift check cannot be written", "check", c.ID, "error", err)
	}
}

// done records what was found and moves the stack to its next turn.
func (s *Service) done(ctx context.Context, w Watch, c Check, sight Sight, found []Drift) error {
	now := s.Clock.Now()
	var err error
	if c.Open, c.Ignored, err = s.merge(ctx, w, c, sight, found); err != nil {
		return err
	}
	c.Status, c.EndedAt, c.Message = CheckDone, &now, summary(c)
	if e, ok := errors.AsType[*kernel.Error](sight.NextError); ok {
		c.Message += "; the next run cannot be planned: " + e.Message
	}
	if err := s.Store.PutCheck(ctx, c); err != nil {
		return err
	}
	if err := s.Store.PruneChecks(ctx, w.Stack(), keepChecks); err != nil {
		return err
	}
	return s.leave(ctx, w, func(n *Watch) {
		n.Claim, n.Failures, n.Due = "", 0, turn(w.Stack(), s.driftOf(w.Scope.Stage), now)
		if len(found) == 0 && c.StartedAt != nil {
			n.CleanAt = *c.StartedAt
		}
	})
}

func summary(c Check) string {
	switch {
	case c.Open == 0 && c.Ignored == 0:
		return "nothing was changed outside"
	case c.Open == 0:
		return fmt.Sprintf("what was changed outside is ignored: %d resources", c.Ignored)
	default:
		return fmt.Sprintf("changed outside: %d resources, and %d more are ignored", c.Open, c.Ignored)
	}
}

// end says why a check found out nothing, and when it is tried again.
func (s *Service) end(ctx context.Context, w Watch, failed error, stopped bool) error {
	now := s.Clock.Now()
	c, err := s.Store.Check(ctx, w.Scope, w.Check)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	ctx = c.caused(ctx)
	change := func(n *Watch) { n.Claim, n.Due, n.Pending = "", now, asked(n.Pending, w.Check) }
	c.Status, c.Message, c.Fix = CheckQueued, "the daemon ends; the next one checks", ""
	switch {
	case stopped:
	case kernel.Is(failed, kernel.Locked) || kernel.Is(failed, kernel.Stale):
		c.Message = failed.Error() + "; the check follows"
		change = func(n *Watch) { n.Claim, n.Due, n.Pending = "", now.Add(postponeFor), asked(n.Pending, w.Check) }
	case kernel.Is(failed, kernel.NotFound):
		c.Status, c.EndedAt, c.Message = CheckDone, &now, "nothing is deployed"
		return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.gone(ctx, w, c) })
	default:
		c.Status, c.EndedAt, c.Message = CheckFailed, &now, failed.Error()
		if e, ok := errors.AsType[*kernel.Error](failed); ok {
			c.Message, c.Fix = e.Message, e.Fix
		}
		change = func(n *Watch) {
			n.Claim, n.Failures = "", n.Failures+1
			n.Due = later(w.Stack(), s.driftOf(w.Scope.Stage), now, n.Failures)
		}
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		follows := ""
		err := s.leave(ctx, w, func(n *Watch) { change(n); follows = n.Pending })
		if err != nil || c.ID == "" {
			return err
		}
		if c.Status == CheckQueued && follows != c.ID {
			c.Status, c.EndedAt, c.Message = CheckFailed, &now, "it was interrupted; the check "+follows+" follows"
		}
		return s.Store.PutCheck(ctx, c)
	})
}

// asked keeps a check that was asked for meanwhile, else has this one done again.
func asked(pending, check string) string {
	if pending != "" {
		return pending
	}
	return check
}

// gone ends what is about a stack that is no longer deployed.
func (s *Service) gone(ctx context.Context, w Watch, c Check) error {
	if c.ID != "" {
		if err := s.Store.PutCheck(ctx, c); err != nil {
			return err
		}
	}
	facts, err := s.resolvedAll(ctx, w.Stack(), "it is no longer deployed")
	if err != nil {
		return err
	}
	if err := s.Store.Unwatch(ctx, w.Stack()); err != nil {
		return err
	}
	for _, f := range facts {
		if err := s.Journal.Record(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// attribute asks the target's log who did what was found, unless that is known.
func (s *Service) attribute(ctx context.Context, w Watch, st stage.Stage, sight Sight, found []Drift) error {
	known, err := s.Store.Unresolved(ctx, w.Stack())
	if err != nil {
		return err
	}
	since := sight.AppliedAt
	if w.CleanAt.After(since) {
		since = w.CleanAt
	}
	for i := range found {
		d := &found[i]
		old, ok := byAddress(known, d.Address)
		if d.Since = since; ok && !old.Since.IsZero() {
			d.Since = old.Since // a run since has left it, and who did it did so before
		}
		if ok && unchanged(old, *d) && len(old.Who) > 0 {
			d.Who, d.WhoNote = old.Who, old.WhoNote
			continue
		}
		d.Who, d.WhoNote = s.who(ctx, st, w, *d)
	}
	return ctx.Err()
}

// mostWho bounds how many changes of one resource are shown.
const mostWho = 5

func (s *Service) who(ctx context.Context, st stage.Stage, w Watch, d Drift) ([]Activity, string) {
	log := s.Logs[st.Target]
	if log == nil {
		return nil, fmt.Sprintf("unknown: Terrace reads no activity log of the target %s", st.Target)
	}
	all, err := log.Who(ctx, ActivityQuery{
		Scope: w.Scope, Stage: st, Workload: w.Workload, Address: d.Address, Type: d.Type, Action: d.Action, ResourceID: d.ResourceID, Since: d.Since, Until: s.Clock.Now(),
	})
	switch {
	case kernel.Is(err, kernel.NotFound):
		return nil, "unknown: " + err.Error()
	case err != nil:
		s.Log.WarnContext(ctx, "the activity log of a target cannot be read", "stage", st.Name, "error", err)
		return nil, "unknown: the activity log cannot be read: " + err.Error()
	case len(all) == 0:
		return nil, "unknown: the activity log has no change of it since " + d.Since.Format(time.RFC3339) + " yet"
	}
	return all[:min(len(all), mostWho)], ""
}
