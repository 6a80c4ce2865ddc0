package slo

import (
	"cmp"
	"context"
	"errors"
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
	actionRead = "gateway.read"
	// EvaluateEvery is how often objectives should be looked at.
	EvaluateEvery = 30 * time.Second
)

// Alert is one that holds.
type Alert struct {
	Tenant, Project, Stage, Route, Objective, Severity string

	Since time.Time
}

// key is what an alert is known by.
func (a Alert) key() Alert { a.Since = time.Time{}; return a }

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

// Status is how an objective of a route is doing.
type Status struct {
	Tenant  string `json:"tenant"`
	Project string `json:"project"`
	Stage   string `json:"stage"`
	Route   string `json:"route"`
	// Policy is the document that promises it.
	Policy    string  `json:"policy" doc:"The name of the document that promises it."`
	Objective string  `json:"objective"`
	Indicator string  `json:"indicator" doc:"availability or latency."`
	Threshold float64 `json:"threshold,omitempty" doc:"That of a latency, in seconds."`
	Target    float64 `json:"target" doc:"The share that is promised, 0 to 1."`
	Window    string  `json:"window" doc:"Over how many days: 7d, 28d or 30d."`
	Requests  int64   `json:"requests" doc:"Requests in the window."`
	Bad       int64   `json:"bad" doc:"Requests of those that did not do."`
	Share     float64 `json:"share" doc:"The share that did, 0 to 1; 1 where there were none."`
	Left      float64 `json:"budgetLeft" doc:"The share of the error budget that is left; below 0 the promise is broken."`
	Burns     []Burn  `json:"burns"`
	// Burning is the most urgent severity that holds.
	Burning string     `json:"burning,omitempty" doc:"page or ticket where an alert holds."`
	Since   *time.Time `json:"since,omitempty" doc:"Since when it does."`
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

// mark says which alert of those that hold is the most urgent.
func (x *Status) mark(alerts []Alert) {
	for _, severity := range []string{Ticket, Page} {
		for _, a := range alerts {
			if a.key() == x.alert(severity) {
				since := a.Since
				x.Burning, x.Since = severity, &since
			}
		}
	}
}

func (x *Status) alert(severity string) Alert {
	return Alert{Tenant: x.Tenant, Project: x.Project, Stage: x.Stage, Route: x.Route, Objective: x.Objective, Severity: severity}
}

// burning tells whether a severity holds now.
func (x *Status) burning(severity string) bool {
	return slices.ContainsFunc(x.Burns, func(b Burn) bool { return b.Severity == severity && b.Burning })
}

// judge looks at all objectives of a tenant.
func (s *Service) judge(ctx context.Context, tenant string) ([]Status, error) {
	now := s.Clock.Now()
	counts := map[time.Duration]map[traffic.Key]traffic.Tally{}
	out := []Status{}
	for _, a := range s.Routes.Attached(Name) {
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

func (o Objective) status(k traffic.Key, policy string, of func(time.Duration) Counted) Status {
	whole := of(o.Span)
	return Status{
		Tenant: k.Tenant, Project: k.Project, Stage: k.Stage, Route: k.Route, Policy: policy, Objective: o.Name, Indicator: o.Indicator, Threshold: o.Threshold.Seconds(),
		Target: o.Target, Window: o.Window, Requests: whole.Total, Bad: whole.Bad, Share: 1 - whole.share(), Left: o.left(whole), Burns: o.burns(of),
	}
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

// Evaluate looks at all objectives, and tells which alerts begin and end. Each is told
// once, whichever replica sees it first.
func (s *Service) Evaluate(ctx context.Context) error {
	tenants := map[string]bool{}
	for _, a := range s.Routes.Attached(Name) {
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

func (a Alert) scope() kernel.Scope {
	return kernel.Scope{Tenant: a.Tenant, Project: a.Project, Stage: a.Stage}
}

// told is what an event says.
func (x *Status) told(a Alert) map[string]any {
	data := map[string]any{
		"route": a.Route, "objective": a.Objective, "severity": a.Severity, "since": a.Since.UTC().Format(time.RFC3339),
		"budgetLeft": fmt.Sprintf("%.4f", x.Left), "target": fmt.Sprintf("%g", x.Target), "window": x.Window,
	}
	if i := x.decides(a.Severity); i >= 0 {
		b := x.Burns[i]
		data["long"], data["short"], data["burnLong"], data["burnShort"] = b.Long, b.Short, fmt.Sprintf("%.2f", b.OfLong), fmt.Sprintf("%.2f", b.OfShort)
	}
	return data
}

// decides returns the place of the burn rate that a severity is told with: the first
// that is above its factor, else the first; -1 for none.
func (x *Status) decides(severity string) int {
	if i := slices.IndexFunc(x.Burns, func(b Burn) bool { return b.Severity == severity && b.Burning }); i >= 0 {
		return i
	}
	return slices.IndexFunc(x.Burns, func(b Burn) bool { return b.Severity == severity })
}
