package budget

import (
	"cmp"
	"context"
	"log/slog"
	"math"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions on budgets.
const (
	actionRead = "budget.read"
	actionSet  = "budget.set"
	// Those of operators of the platform, of any tenant.
	actionReadAny = "budget.read-tenant"
	actionSetAny  = "budget.set-tenant"
)

// Config is what a service needs.
type Config struct {
	Store Store
	// Bills may be nil: nothing was paid then, as far as is known.
	Bills  Bills
	Estate Estate
	// Runs are told of budgets that have changed; it may be nil.
	Runs       Runs
	Stages     Stages
	Authorizer Authorizer
	Tenants    Tenants
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	Log        *slog.Logger
	// Unpriced is what budgets that do not say it do with a run without a price.
	Unpriced Level
	// Prices is the currency that plans are estimated in, Rates what it is in others.
	Prices string
	Rates  Rates
}

// Service keeps budgets and holds runs against them.
type Service struct{ Config }

// New returns a service.
func New(c Config) *Service {
	c.Prices = cmp.Or(c.Prices, "USD")
	return &Service{Config: c}
}

// Status is a budget with its month.
type Status struct {
	Budget

	Forecast Forecast `json:"forecast"`
}

// Set makes a budget, or changes it. One that is the platform's is set by its operators, of
// any tenant.
func (s *Service) Set(ctx context.Context, scope kernel.Scope, b Budget, reason string) (Budget, error) {
	b.Tenant = scope.Tenant
	b, err := b.complete(s.Unpriced)
	if err != nil {
		return b, err
	}
	if err := s.maySet(ctx, b); err != nil {
		return b, err
	}
	if b.Stage != "" {
		if err := s.Stages.Check(b.Stage); err != nil {
			return b, err
		}
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	b.SetBy, b.SetAt = actor.Name, s.Clock.Now()
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if b.Revision, err = s.follows(ctx, b); err != nil {
			return err
		}
		if err := s.Store.Put(ctx, Revision{Budget: b, Reason: reason}); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "budget.set", Scope: b.Where(), Subject: b.Name, Reason: reason, Data: b})
	})
	if err == nil {
		s.reconsider(ctx, b, "the budget "+b.Name+" was set to "+b.Amount.String()+" "+b.Currency)
	}
	return b, err
}

// reconsider tells the runs that the budget holds, wherever it was for before. Whether
// they could be told changes nothing about it: a run asks again before it is applied.
func (s *Service) reconsider(ctx context.Context, b Budget, why string) {
	if s.Runs == nil {
		return
	}
	ctx = kernel.WithActor(context.WithoutCancel(ctx), kernel.System("budgets", b.Tenant))
	if err := s.Runs.Reconsider(ctx, b.Tenant, b.Name, why); err != nil {
		s.Log.WarnContext(ctx, "runs could not be told of a budget", "budget", b.Name, "error", err)
	}
}

// follows returns the number of the next revision of a budget. Who changes one
// that is there needs a role in its scope, too.
func (s *Service) follows(ctx context.Context, b Budget) (int64, error) {
	old, err := s.Store.Get(ctx, b.Tenant, b.Name)
	switch {
	case err == nil && b.Platform && !old.Platform:
		return 0, kernel.Errorf(kernel.Conflict, "the tenant %s has a budget %s of its own", b.Tenant, b.Name).WithFix("give the platform's another name")
	case err == nil && old.Platform && !b.Platform:
		return 0, old.platforms()
	case err == nil:
		return old.Revision + 1, s.maySet(ctx, old)
	case !kernel.Is(err, kernel.NotFound):
		return 0, err
	}
	past, err := s.Store.History(ctx, b.Tenant, b.Name, kernel.Reach{All: true}, math.MaxInt64, 1)
	if err != nil || len(past) == 0 {
		return 1, err
	}
	return past[0].Revision + 1, nil
}

// Delete ends a budget; its history stays.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name, reason string) error {
	if err := s.across(ctx, actionSetAny, scope); err != nil {
		return err
	}
	b, err := s.Store.Get(ctx, scope.Tenant, name)
	if err == nil {
		err = s.mayDelete(ctx, b)
	}
	if err != nil {
		return err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		b.SetBy, b.SetAt = actor.Name, s.Clock.Now()
		b.Revision++
		if err := s.Store.Put(ctx, Revision{Budget: b, Deleted: true, Reason: reason}); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "budget.deleted", Scope: b.Where(), Subject: name, Reason: reason, Data: b})
	})
	if err == nil {
		s.reconsider(ctx, b, "the budget "+name+" was deleted")
	}
	return err
}

// Get returns a budget with what its month is going to cost.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, name string) (Status, error) {
	if err := s.across(ctx, actionReadAny, scope); err != nil {
		return Status{}, err
	}
	b, err := s.Store.Get(ctx, scope.Tenant, name)
	if err == nil {
		err = s.mayRead(ctx, b.Where())
	}
	if err != nil {
		return Status{}, err
	}
	all, err := s.statuses(ctx, scope.Tenant, []Budget{b})
	if err != nil {
		return Status{}, err
	}
	return all[0], nil
}

func (s *Service) statuses(ctx context.Context, tenant string, budgets []Budget) ([]Status, error) {
	seen, err := s.Store.Seen(ctx, tenant)
	if err != nil {
		return nil, err
	}
	books, err := s.open(ctx, tenant, seen)
	if err != nil {
		return nil, err
	}
	all := make([]Status, 0, len(budgets))
	for _, b := range budgets {
		f, err := books.forecast(ctx, b)
		if err != nil {
			return nil, err
		}
		f.Gaps = append(f.Gaps, s.Doubts(b)...)
		if books.formerly(b, s.Clock.Now()) {
			f.Gaps = append(f.Gaps, clockWentBack(b, s.Clock.Now(), books.at))
		}
		all = append(all, Status{Budget: b, Forecast: f})
	}
	return all, nil
}

// AcceptClock makes the clock of now the one that counts, after it was wrong.
func (s *Service) AcceptClock(ctx context.Context, scope kernel.Scope, reason string) error {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, actionSet, scope); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		now := s.Clock.Now()
		seen, err := s.Store.Lock(ctx, scope.Tenant, now)
		if err != nil {
			return err
		}
		if err := s.Store.See(ctx, scope.Tenant, now); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "budget.clock_accepted", Scope: scope, Subject: "clock", Reason: reason, Data: map[string]any{"before": seen, "now": now},
		})
	})
}
