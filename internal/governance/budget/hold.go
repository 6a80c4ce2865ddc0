package budget

import (
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
)

// Hold holds a run against every budget that covers its stack. What does not end
// is reserved for the run in the same transaction, one at a time for a tenant, so
// that of two runs that fit alone, and together do not, the second is held. A run that
// is held takes no room away from others before somebody overrides that. Who asks
// while the apply is under way, to approve it as another did, changes nothing of that.
func (s *Service) Hold(ctx context.Context, c Change) (v Verdict, err error) {
	c = c.told()
	paid, err := s.prepay(ctx, c)
	if err != nil {
		return v, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		v = Verdict{}
		now := s.Clock.Now()
		seen, err := s.Store.Lock(ctx, c.Scope.Tenant, now)
		if err != nil {
			return err
		}
		if err := s.judge(ctx, c, seen, now, paid, &v); err != nil {
			return err
		}
		if now.After(seen) {
			if err := s.Store.See(ctx, c.Scope.Tenant, now); err != nil {
				return err
			}
		}
		if c.Dry || v.Level() == Block {
			return s.Store.Refuse(ctx, c.Run)
		}
		r := c.reservation()
		r.Held = v.Level() == Override && !c.Overridden
		return s.Store.Reserve(ctx, r)
	})
	return v, err
}

// Free reports whether no budget covers a run. Nobody then has to decide one after
// the other: Reserve may wait for the transaction in which the run goes on.
func (s *Service) Free(ctx context.Context, c Change) (bool, error) {
	budgets, err := s.covering(ctx, c)
	return err == nil && len(budgets) == 0, err
}

// Reserve notes what a run will have its stack cost, for the ledger.
func (s *Service) Reserve(ctx context.Context, c Change) error {
	return s.Store.Reserve(ctx, c.told().reservation())
}

// prepay reads what was paid in the months that budgets of the stack are in, before
// the transaction in which nobody else may decide.
func (s *Service) prepay(ctx context.Context, c Change) (map[string]focus.Paid, error) {
	budgets, err := s.covering(ctx, c)
	if err != nil {
		return nil, err
	}
	seen, err := s.Store.Seen(ctx, c.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	b := &books{tenant: c.Scope.Tenant, bills: s.Bills, rates: s.Rates, paid: map[string]focus.Paid{}}
	for _, budget := range budgets {
		if _, err := b.bill(ctx, budget.period(later(seen, s.Clock.Now())).Month); err != nil {
			return nil, err
		}
	}
	return b.paid, nil
}

// covering are the budgets of the stack.
func (s *Service) covering(ctx context.Context, c Change) ([]Budget, error) {
	all, err := s.Store.List(ctx, c.Scope.Tenant)
	return slices.DeleteFunc(all, func(b Budget) bool { return !b.Covers(c.Scope, c.Workload) }), err
}

// judge holds a run against the budgets of its stack. Where there are none, the books
// of the tenant stay closed.
func (s *Service) judge(ctx context.Context, c Change, seen, now time.Time, paid map[string]focus.Paid, v *Verdict) error {
	budgets, err := s.covering(ctx, c)
	if err != nil || len(budgets) == 0 {
		return err
	}
	books, err := s.open(ctx, c.Scope.Tenant, seen)
	if err != nil {
		return err
	}
	books.paid, v.Budgets = paid, len(budgets)
	for _, budget := range budgets {
		found, err := books.findings(ctx, budget, c, now)
		if err != nil {
			return err
		}
		if c.Adopts {
			for i := range found {
				found[i].Level = Warn // what runs already costs no less where it is not known
			}
		}
		v.Findings = append(v.Findings, found...)
	}
	return nil
}
