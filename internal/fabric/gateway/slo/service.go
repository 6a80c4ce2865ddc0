package slo

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	actionRead = gateway.ActionRead
	// EvaluateEvery is how often objectives should be looked at.
	EvaluateEvery = 30 * time.Second
)

// Store keeps which alerts hold; slosql implements it.
type Store interface {
	// Alerts returns those that hold, of a tenant, or of all where that is empty.
	Alerts(ctx context.Context, tenant string) ([]Alert, error)
	// Begin keeps an alert; false says that another replica has.
	Begin(ctx context.Context, a Alert) (bool, error)
	// End removes one; false says that another replica has.
	End(ctx context.Context, a Alert) (bool, error)
}

// Routes know which policy holds for which route.
type Routes interface {
	// Attached returns the policies of a kind with their routes.
	Attached(kind string) []gateway.Attached
}

// Authorizer tells what the actor of the context may see.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Stages knows the stages that there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Service watches objectives.
type Service struct {
	Routes     Routes
	Traffic    *traffic.Book
	Store      Store
	Authorizer Authorizer
	// Stages may be nil: then any is asked for.
	Stages  Stages
	Journal Journal
	Tx      Tx
	Clock   kernel.Clock
	Log     *slog.Logger

	// last is how objectives were when they were last looked at.
	last atomic.Pointer[[]Status]
}

// List returns how objectives of a scope are doing, of one route where it is named, for
// who may read the gateway, as far as they see.
func (s *Service) List(ctx context.Context, at kernel.Scope, route string) ([]Status, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, at); err != nil {
		return nil, err
	}
	if at.Stage != "" && s.Stages != nil {
		if err := s.Stages.Check(at.Stage); err != nil {
			return nil, err
		}
	}
	within, err := s.Authorizer.Allowed(ctx, actionRead, kernel.Scope{Tenant: at.Tenant})
	if err != nil {
		return nil, err
	}
	if err := s.Traffic.Write(ctx); err != nil {
		return nil, err
	}
	all, err := s.judge(ctx, at.Tenant)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(x Status) bool {
		return at.Project != "" && x.Project != at.Project || at.Stage != "" && x.Stage != at.Stage || route != "" && x.Route != route || !within.Has(x.Project, x.Stage)
	})
	alerts, err := s.Store.Alerts(ctx, at.Tenant)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].mark(alerts)
	}
	return all, nil
}

// judge looks at all objectives of a tenant.
func (s *Service) judge(ctx context.Context, tenant string) ([]Status, error) {
	now := s.Clock.Now()
	counts := map[time.Duration]map[traffic.Key]traffic.Tally{}
	out := []Status{}
	for _, a := range s.Routes.Attached(KindName) {
		if a.Scope.Tenant != tenant {
			continue
		}
		objectives, err := Read(a.Policy.Name, a.Policy.Spec)
		if err != nil { // it was read when it was put
			s.Log.ErrorContext(ctx, "an objective cannot be read any more", "policy", a.Policy.Name, "scope", a.Policy.Scope.String(), "error", err)
			continue
		}
		key := traffic.Key{Tenant: a.Scope.Tenant, Project: a.Scope.Project, Stage: a.Scope.Stage, Route: a.Route}
		for _, o := range objectives {
			of := func(back time.Duration) Counted {
				if err != nil {
					return Counted{}
				}
				if counts[back] == nil {
					counts[back], err = s.counts(ctx, tenant, back, now)
				}
				t := counts[back][key]
				return o.count(&t)
			}
			out = append(out, o.status(key, a.Policy.Name, of))
			if err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(out, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Project, b.Project), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Route, b.Route), cmp.Compare(a.Objective, b.Objective))
	})
	return out, nil
}

// counts returns what routes of a tenant served in the time before now.
func (s *Service) counts(ctx context.Context, tenant string, back time.Duration, now time.Time) (map[traffic.Key]traffic.Tally, error) {
	sums, err := s.Traffic.Store.Sums(ctx, traffic.Question{Tenant: tenant}.Over(back, now))
	if err != nil {
		return nil, fmt.Errorf("judge objectives: %w", err)
	}
	out := make(map[traffic.Key]traffic.Tally, len(sums))
	for _, c := range sums {
		out[c.Key] = c.Tally
	}
	return out, nil
}
