package budget

import (
	"context"
	"errors"
	"fmt"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// told is what events of budgets say.
type told struct {
	Budget    string       `json:"budget"`
	Scope     string       `json:"scope"`
	Month     string       `json:"month"`
	Currency  string       `json:"currency"`
	Amount    focus.Amount `json:"amount"`
	Used      focus.Amount `json:"used"`
	Forecast  focus.Amount `json:"forecast"`
	Threshold int          `json:"threshold,omitempty"`
	// Confidence is how sure the figures are.
	Confidence string `json:"confidence"`
}

// Sweep tells the thresholds that the forecasts of all budgets have crossed, and
// the budgets of which more is used than they have, once a month each. Before that it
// lets go what is reserved for runs that have ended.
func (s *Service) Sweep(ctx context.Context) error {
	if err := s.releaseEnded(ctx); err != nil {
		return err
	}
	all, err := s.Store.List(ctx, "")
	if err != nil {
		return err
	}
	byTenant := map[string][]Budget{}
	for _, b := range all {
		byTenant[b.Tenant] = append(byTenant[b.Tenant], b)
	}
	var errs error
	for tenant, budgets := range byTenant {
		errs = errors.Join(errs, s.sweep(kernel.WithActor(ctx, kernel.System("budgets", tenant)), tenant, budgets))
	}
	return errs
}

// releaseEnded lets go what is reserved for runs that are over: one that ended between
// its gate and what that reserved told of its end too early.
func (s *Service) releaseEnded(ctx context.Context) error {
	reserved, err := s.Store.Reserved(ctx, "")
	if err != nil || len(reserved) == 0 {
		return err
	}
	runs := make([]string, len(reserved))
	for i, r := range reserved {
		runs[i] = r.Run
	}
	underway, err := s.Estate.Underway(ctx, runs)
	if err != nil {
		return err
	}
	on := make(map[string]bool, len(underway))
	for _, run := range underway {
		on[run] = true
	}
	for _, run := range runs {
		if on[run] {
			continue
		}
		if err := s.Store.Release(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) sweep(ctx context.Context, tenant string, budgets []Budget) error {
	all, err := s.statuses(ctx, tenant, budgets)
	if err != nil {
		return fmt.Errorf("budgets of %s: %w", tenant, err)
	}
	for _, st := range all {
		for _, t := range st.Thresholds {
			if st.Forecast.Forecast.Float()*100 < float64(t)*st.Amount.Float() {
				continue
			}
			if err := s.tell(ctx, st, "budget.threshold_crossed", t); err != nil {
				return err
			}
		}
		if st.Forecast.Used.Cmp(st.Amount) > 0 {
			if err := s.tell(ctx, st, "budget.exceeded", 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell records a fact of a budget, unless it was told of this month already.
func (s *Service) tell(ctx context.Context, st Status, typ string, threshold int) error {
	f := st.Forecast
	key := fmt.Sprintf("%s/%d/%s/%s/%d", st.Name, st.Revision, f.Month, typ, threshold)
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		first, err := s.Store.Tell(ctx, st.Tenant, key, s.Clock.Now())
		if err != nil || !first {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: st.Where(), Subject: st.Name, Data: told{
			Budget: st.Name, Scope: st.Scope(), Month: f.Month, Currency: st.Currency, Amount: st.Amount, Used: f.Used, Forecast: f.Forecast,
			Threshold: threshold, Confidence: f.Confidence,
		}})
	})
}
