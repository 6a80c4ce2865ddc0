package usage

import (
	"context"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// Every is how often what was used is written down.
	Every = time.Minute
	// grace is how long after its end an hour is closed: what comes later is of the next.
	grace = 2 * time.Minute
	// atOnce bounds how many batches, and hours, one round looks at.
	atOnce = 100
)

// Authorizer decides whether the actor of ctx may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Journal takes facts.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Tenants knows who there is.
type Tenants interface {
	// Exists returns NotFound where the scope's tenant, or its project, is missing.
	Exists(ctx context.Context, scope kernel.Scope) error
	// Removed reports whether a tenant has left, so far that what it had is being removed:
	// what it used stays for the last bill, and nothing more is told to it.
	Removed(ctx context.Context, tenant string) (bool, error)
}

// Config is what a Service is made of.
type Config struct {
	Store      Store
	Tx         Tx
	Authorizer Authorizer
	Journal    Journal
	Sources    Sources
	Tenants    Tenants
	// Clock is the system's where nil.
	Clock kernel.Clock
}

// Service meters.
type Service struct {
	Config
	seen seen
}

// New returns a service.
func New(c Config) *Service { return &Service{Config: c} }

// List returns what the scope's tenant used in a month, or its project.
func (s *Service) List(ctx context.Context, scope kernel.Scope, month string, by Window, page kernel.PageRequest) (kernel.Page[Row], error) {
	action := "usage.read"
	if actor, ok := kernel.ActorFrom(ctx); ok && actor.Tenant != scope.Tenant {
		action = "usage.read-tenant"
	}
	if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
		return kernel.Page[Row]{}, err
	}
	if err := s.Tenants.Exists(ctx, scope); err != nil {
		return kernel.Page[Row]{}, err
	}
	start := s.Clock.Now()
	if month != "" {
		var err error
		if start, err = time.Parse("2006-01", month); err != nil {
			return kernel.Page[Row]{}, kernel.Errorf(kernel.Invalid, "the month %q is not possible", month).WithFix("write it as 2026-11")
		}
	}
	return s.Store.Rows(ctx, scope, time.Date(start.UTC().Year(), start.UTC().Month(), 1, 0, 0, 0, 0, time.UTC), by, page)
}

// Round writes down what was used since the round before, and closes the hours that are
// over. Each step is one transaction with how far it came, so a process that is killed in
// the middle counts nothing twice and leaves nothing out; of several on one database one
// makes the step. What a killed process had not written are its last requests.
func (s *Service) Round(ctx context.Context) error {
	p, err := s.begin(ctx)
	if err != nil {
		return err
	}
	if err := s.flush(ctx, p); err != nil {
		return err
	}
	for range atOnce {
		next, err := s.runs(ctx, p)
		if kernel.Is(err, kernel.Stale) { // another process does it
			return nil
		}
		if err != nil {
			return err
		}
		if next == p {
			break
		}
		p = next
	}
	return s.closeHours(ctx, p)
}

// begin returns how far it came; what was before the first round is not metered.
func (s *Service) begin(ctx context.Context) (Progress, error) {
	p, err := s.Store.Progress(ctx)
	if !kernel.Is(err, kernel.NotFound) {
		return p, err
	}
	last, err := s.Sources.Last(ctx)
	if err != nil {
		return p, err
	}
	if err := s.Store.Begin(ctx, Progress{Position: last, Hour: s.Clock.Now().UTC().Truncate(time.Hour)}); err != nil {
		return p, err
	}
	return s.Store.Progress(ctx)
}

// hourOf is the window for what happened at a moment, the first open one for what comes late.
func (p Progress) hourOf(at time.Time) time.Time {
	hour := at.UTC().Truncate(time.Hour)
	if hour.Before(p.Hour) {
		return p.Hour
	}
	return hour
}

// runs meters the runs that ended.
func (s *Service) runs(ctx context.Context, p Progress) (next Progress, err error) {
	ended, upTo, err := s.Sources.Ended(ctx, p.Position)
	if err != nil || upTo == p.Position {
		return p, err
	}
	next = Progress{Position: upTo, Hour: p.Hour}
	var all []Amount
	for _, e := range ended {
		hour := p.hourOf(e.At)
		all = append(all, Amount{e.Scope, hour, Runs, 1}, Amount{e.Scope, hour, RunTime, e.Total.Milliseconds()},
			Amount{e.Scope, hour, PlanTime, e.Plan.Milliseconds()}, Amount{e.Scope, hour, ApplyTime, e.Apply.Milliseconds()})
	}
	return next, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Swap(ctx, p, next); err != nil {
			return err
		}
		return s.Store.Add(ctx, all)
	})
}

// closeHours closes the hours that are over.
func (s *Service) closeHours(ctx context.Context, p Progress) error {
	for range atOnce {
		end := p.Hour.Add(time.Hour)
		now := s.Clock.Now()
		if now.Before(end.Add(grace)) {
			return nil
		}
		var gauges []Amount
		if now.Before(end.Add(time.Hour)) { // of an hour in which nothing ran nobody knows
			var err error
			if gauges, err = s.Sources.Gauges(ctx); err != nil {
				return err
			}
		}
		next := Progress{Position: p.Position, Hour: end}
		err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.closeHour(ctx, p, next, gauges) })
		if kernel.Is(err, kernel.Stale) {
			return nil
		}
		if err != nil {
			return err
		}
		p = next
	}
	return nil
}

func (s *Service) closeHour(ctx context.Context, p, next Progress, gauges []Amount) error {
	if err := s.Store.Swap(ctx, p, next); err != nil {
		return err
	}
	actors, err := s.Store.Actors(ctx, p.Hour)
	if err != nil {
		return err
	}
	for tenant, n := range actors {
		gauges = append(gauges, Amount{Scope: kernel.Scope{Tenant: tenant}, Metric: ActiveUsers, Quantity: n})
	}
	for i := range gauges {
		gauges[i].Hour = p.Hour
	}
	if err := s.Store.Add(ctx, gauges); err != nil {
		return err
	}
	all, err := s.Store.OfHour(ctx, p.Hour)
	if err != nil {
		return err
	}
	return s.tell(ctx, p.Hour, all)
}

// tell records what each tenant, and each of its projects, used in an hour.
func (s *Service) tell(ctx context.Context, hour time.Time, all []Amount) error {
	for len(all) > 0 {
		scope := all[0].Scope.InProject(all[0].Scope.Project)
		quantities, stages := map[string]float64{}, map[string]float64{}
		n := 0
		for ; n < len(all) && all[n].Scope.InProject(all[n].Scope.Project) == scope; n++ {
			a := all[n]
			quantities[string(a.Metric)] += a.quantity()
			if a.Metric == Runs {
				stages[a.Scope.Stage] += a.quantity()
			}
		}
		all = all[n:]
		gone, err := s.Tenants.Removed(ctx, scope.Tenant)
		if err != nil {
			return err
		}
		if gone {
			continue
		}
		ctx := kernel.WithActor(ctx, kernel.System("usage", scope.Tenant))
		data := map[string]any{"from": hour, "to": hour.Add(time.Hour), "quantities": quantities, "stages": stages}
		if err := s.Journal.Record(ctx, kernel.Fact{Type: "usage.metered", Scope: scope, Subject: hour.Format(time.RFC3339), Data: data}); err != nil {
			return fmt.Errorf("tell usage: %w", err)
		}
	}
	return nil
}

// quantity is in the metric's unit.
func (a Amount) quantity() float64 { return a.Metric.Of(a.Quantity) }

// Of returns a quantity as it is kept in the metric's unit.
func (m Metric) Of(kept int64) float64 {
	if m.Unit() == "Seconds" {
		return float64(kept) / 1000
	}
	return float64(kept)
}
