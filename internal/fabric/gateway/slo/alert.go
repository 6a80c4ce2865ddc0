package slo

import (
	"context"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Alert is one that holds.
type Alert struct {
	Tenant, Project, Stage, Route, Objective, Severity string

	Since time.Time
}

// key is what an alert is known by.
func (a Alert) key() Alert { a.Since = time.Time{}; return a }

func (a Alert) scope() kernel.Scope {
	return kernel.Scope{Tenant: a.Tenant, Project: a.Project, Stage: a.Stage}
}

// Evaluate looks at all objectives, and tells which alerts begin and end. Each is told
// once, whichever replica sees it first.
func (s *Service) Evaluate(ctx context.Context) error {
	tenants := map[string]bool{}
	for _, a := range s.Routes.Attached(KindName) {
		tenants[a.Scope.Tenant] = true
	}
	alerts, err := s.Store.Alerts(ctx, "")
	if err != nil {
		return err
	}
	held := map[Alert]Alert{}
	for _, a := range alerts {
		held[a.key()] = a
		tenants[a.Tenant] = true
	}
	var all []Status
	var errs error
	for tenant := range tenants {
		found, err := s.judge(ctx, tenant)
		if err == nil {
			err = s.turn(kernel.WithActor(ctx, kernel.System("objectives", tenant)), tenant, found, held)
		}
		errs = errors.Join(errs, err)
		all = append(all, found...)
	}
	if errs == nil {
		s.last.Store(&all)
	}
	return errs
}

// turn begins and ends alerts of a tenant.
func (s *Service) turn(ctx context.Context, tenant string, found []Status, held map[Alert]Alert) error {
	var errs error
	known := map[Alert]bool{}
	for i := range found {
		x := &found[i]
		for _, severity := range []string{Page, Ticket} {
			a := x.alert(severity)
			known[a] = true
			was, holds := held[a]
			switch burns := x.burning(severity); {
			case burns && !holds:
				a.Since = s.Clock.Now()
				errs = errors.Join(errs, s.begin(ctx, a, x))
			case !burns && holds:
				errs = errors.Join(errs, s.end(ctx, was, x, ""))
			}
		}
	}
	for key, a := range held {
		if a.Tenant == tenant && !known[key] {
			errs = errors.Join(errs, s.end(ctx, a, &Status{Objective: a.Objective, Route: a.Route}, "the objective is no more"))
		}
	}
	return errs
}

func (s *Service) begin(ctx context.Context, a Alert, x *Status) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if first, err := s.Store.Begin(ctx, a); err != nil || !first {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "slo.burning", Scope: a.scope(), Subject: a.Route, Data: x.told(a)})
	})
}

func (s *Service) end(ctx context.Context, a Alert, x *Status, reason string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if first, err := s.Store.End(ctx, a); err != nil || !first {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "slo.recovered", Scope: a.scope(), Subject: a.Route, Reason: reason, Data: x.told(a)})
	})
}
