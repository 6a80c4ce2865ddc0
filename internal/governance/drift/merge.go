package drift

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// merge brings what is known of the stack in line with what was found, and
// returns how many findings are open and ignored after it.
func (s *Service) merge(ctx context.Context, w Watch, c Check, sight Sight, found []Drift) (open, ignored int, err error) {
	known, err := s.Store.Unresolved(ctx, w.Stack())
	if err != nil {
		return 0, 0, err
	}
	for _, d := range slices.Backward(found) { // the worst last: a list has the newest first
		old, there := byAddress(known, d.Address)
		if there {
			d, err = s.seen(ctx, old, d, sight)
		} else {
			d, err = s.detected(ctx, w, d, sight)
		}
		if err != nil {
			return 0, 0, err
		}
		if d.Status == Ignored {
			ignored++
		} else {
			open++
		}
	}
	for _, old := range known {
		if _, still := byAddress(found, old.Address); still {
			continue
		}
		if err := s.resolve(ctx, old, how(old, c)); err != nil {
			return 0, 0, err
		}
	}
	return open, ignored, nil
}

func byAddress(all []Drift, address string) (Drift, bool) {
	i := slices.IndexFunc(all, func(d Drift) bool { return d.Address == address })
	if i < 0 {
		return Drift{}, false
	}
	return all[i], true
}

// unchanged reports whether two looks at a resource saw the same.
func unchanged(a, b Drift) bool {
	return a.Action == b.Action && slices.EqualFunc(a.Attributes, b.Attributes, func(x, y Attribute) bool { return x.Path == y.Path && x.Mark == y.Mark })
}

func (s *Service) detected(ctx context.Context, w Watch, d Drift, sight Sight) (Drift, error) {
	now := s.Clock.Now()
	d.ID, d.Scope, d.Stack, d.Workload, d.Release = kernel.NewID("drift"), w.Scope, w.Stack(), w.Workload, sight.Release
	d.Status, d.DetectedAt, d.SeenAt = Open, now, now
	if err := s.Store.Insert(ctx, d); err != nil {
		return d, err
	}
	return d, s.record(ctx, "detected", d, "")
}

// seen takes a new look at a known finding: what is ignored stays so while its
// value does, and a run that was to end it and did not is told of.
func (s *Service) seen(ctx context.Context, old, d Drift, sight Sight) (Drift, error) {
	was := old.Status
	d.ID, d.Scope, d.Stack, d.Workload, d.Release = old.ID, old.Scope, old.Stack, old.Workload, sight.Release
	d.Status, d.Decision, d.DetectedAt, d.SeenAt, d.Revision = old.Status, old.Decision, old.DetectedAt, s.Clock.Now(), old.Revision
	d.Ignore = old.Ignore
	for i := range d.Attributes {
		a := &d.Attributes[i]
		if j := slices.IndexFunc(old.Attributes, func(o Attribute) bool { return o.Path == a.Path }); j >= 0 {
			a.Ignore = old.Attributes[j].Ignore
		}
	}
	if (d.Status == Accepting || d.Status == Reverting) && d.Decision != nil && d.Decision.Outcome != "" {
		d.Status = Open
	}
	d.settle(s.Clock.Now())
	d.worst()
	if err := s.Store.Save(ctx, d); err != nil {
		return d, err
	}
	if d.Status == Open && (was == Ignored || !unchanged(old, d)) {
		return d, s.record(ctx, "detected", d, "it has changed since it was looked at last")
	}
	return d, nil
}

// accepted is how an accepted finding ends.
const accepted = "accepted: what is there is recorded"

// how tells what ended a finding that the check no longer found.
func how(d Drift, c Check) string {
	switch {
	case d.Status == Accepting:
		return accepted
	case d.Status == Reverting:
		return "reverted by " + d.Decision.Run
	case c.Trigger == TriggerRun:
		return "gone after " + c.RequestedBy + ": it is as Terrace knows it again"
	default:
		return "gone: it is as Terrace knows it again"
	}
}

func (s *Service) resolve(ctx context.Context, d Drift, resolution string) error {
	fact, err := s.resolved(ctx, d, resolution)
	if err != nil {
		return err
	}
	return s.Journal.Record(ctx, fact)
}

// resolved ends a finding, and returns the fact that is to be recorded.
func (s *Service) resolved(ctx context.Context, d Drift, resolution string) (kernel.Fact, error) {
	now := s.Clock.Now()
	d.Status, d.Resolution, d.ResolvedAt = Resolved, resolution, &now
	return fact("resolved", d, resolution), s.Store.Save(ctx, d)
}

// resolvedAll ends what is found of a stack, and returns the facts that are to be recorded.
func (s *Service) resolvedAll(ctx context.Context, stack, resolution string) ([]kernel.Fact, error) {
	all, err := s.Store.Unresolved(ctx, stack)
	facts := make([]kernel.Fact, 0, len(all))
	for _, d := range all {
		one, err := s.resolved(ctx, d, resolution)
		if err != nil {
			return nil, err
		}
		facts = append(facts, one)
	}
	return facts, err
}

// reopen ends ignores whose date has come.
func (s *Service) reopen(ctx context.Context) error {
	expired, err := s.Store.Expired(ctx, s.Clock.Now())
	if err != nil || len(expired) == 0 {
		return err
	}
	for _, d := range expired {
		ctx := kernel.WithActor(ctx, kernel.System("drift", d.Scope.Tenant))
		err := s.Tx.InTx(ctx, func(ctx context.Context) error {
			d.settle(s.Clock.Now())
			d.worst()
			if err := s.Store.Save(ctx, d); err != nil || d.Status != Open {
				return err
			}
			return s.record(ctx, "detected", d, "the date has come until which it was ignored")
		})
		if err != nil && !kernel.Is(err, kernel.Stale) {
			return err
		}
	}
	return nil
}
