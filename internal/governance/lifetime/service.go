package lifetime

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions on lifetimes.
const (
	actionRead   = "lifetime.read"
	actionExtend = "lifetime.extend"
)

// Store keeps lifetimes; lifetimesql implements it.
type Store interface {
	// Save writes l over the revision that it was read with, else it is Stale; one of
	// revision 0 is new.
	Save(ctx context.Context, l Lifetime) error
	// Get returns that of a stack, or NotFound.
	Get(ctx context.Context, scope kernel.Scope, workload string) (Lifetime, error)
	// List returns those of a project within a reach, of one workload unless it is "", the first to expire first.
	List(ctx context.Context, scope kernel.Scope, within kernel.Reach, workload string, page kernel.PageRequest) (kernel.Page[Lifetime], error)
	// Due returns those of all tenants that are to be looked at, a bounded number.
	Due(ctx context.Context, now time.Time) ([]Lifetime, error)
	Delete(ctx context.Context, l Lifetime) error
	// Reclaim counts one removal more, and returns how many there were since a moment.
	Reclaim(ctx context.Context, tenant, run string, at, since time.Time) (int, error)
}

// Runs removes workloads.
type Runs interface {
	// Destroy queues the run that removes a workload from the scope's stage, as soon
	// as its windows let it, or returns the one that is on its way.
	Destroy(ctx context.Context, scope kernel.Scope, workload, reason string) (run string, err error)
}

// Stages knows what stages say of lifetimes.
type Stages interface {
	Lifetimes(stage string) (Rule, error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's project that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Config is what a service needs.
type Config struct {
	Store      Store
	Runs       Runs
	Stages     Stages
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	// Elapsed is how long the process has run, by a clock that nobody sets; nil is the system's.
	Elapsed func() time.Duration
	Log     *slog.Logger
	// Warn is how long before its end a lifetime is warned of, PerHour how many stacks
	// of a tenant are removed in an hour at most.
	Warn    time.Duration
	PerHour int
}

// Service keeps lifetimes and ends what is over.
type Service struct {
	Config

	mu sync.Mutex
	// wall and elapsed are the clocks at the last look; held is until when nothing is
	// removed, as the clock has jumped.
	wall    time.Time
	elapsed time.Duration
	held    time.Time
}

// New returns a service.
func New(c Config) *Service {
	if c.Elapsed == nil {
		start := time.Now()
		c.Elapsed = func() time.Duration { return time.Since(start) }
	}
	return &Service{Config: c}
}

// Begin gives what was deployed its lifetime, in the transaction of its run: that
// of the deployment, else the stage's default. One that has more stays as it is.
func (s *Service) Begin(ctx context.Context, scope kernel.Scope, workload string, asked time.Duration) error {
	rule, err := s.Stages.Lifetimes(scope.Stage)
	if err != nil || rule.Never {
		return err
	}
	length, origin := asked, OfDeployment
	if length == 0 {
		length, origin = rule.Default, OfStage
	}
	if length == 0 {
		return nil
	}
	old, err := s.Store.Get(ctx, scope, workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	now := s.Clock.Now()
	if err == nil && asked == 0 && old.ExpiresAt.After(now.Add(length)) {
		return nil
	}
	l := Lifetime{Scope: scope, Workload: workload, Length: int64(length.Seconds()), ExpiresAt: now.Add(length), Origin: origin, Revision: old.Revision}
	l.Due = l.ExpiresAt.Add(-s.notice(l))
	return s.Store.Save(ctx, l)
}

// Removed takes note of the end of a run that removes a stack, in its transaction,
// and returns the fact of one that did not.
func (s *Service) Removed(ctx context.Context, scope kernel.Scope, workload, run, failed string) ([]kernel.Fact, error) {
	l, err := s.Store.Get(ctx, scope, workload)
	if kernel.Is(err, kernel.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if failed == "" {
		return nil, s.Store.Delete(ctx, l)
	}
	if l.Run != run {
		return nil, nil
	}
	l.Run, l.Problem, l.Due = "", run+" did not remove it: "+failed, s.Clock.Now().Add(again)
	return []kernel.Fact{s.fact("lifetime.reclaim_failed", l)}, s.Store.Save(ctx, l)
}

// shortest bounds an extension from below.
const shortest = time.Minute

// Extend has a lifetime end later, counted from now on and within what the stage allows.
func (s *Service) Extend(ctx context.Context, scope kernel.Scope, workload string, by time.Duration, reason string) (Lifetime, error) {
	if err := s.Authorizer.Authorize(ctx, actionExtend, scope); err != nil {
		return Lifetime{}, err
	}
	rule, err := s.Stages.Lifetimes(scope.Stage)
	if err != nil {
		return Lifetime{}, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return Lifetime{}, kernel.Errorf(kernel.Invalid, "an extension needs a reason").WithFix("say why with --reason")
	}
	if by < shortest {
		return Lifetime{}, kernel.Errorf(kernel.Invalid, "a lifetime is not extended by %s", by).WithFix("extend it by %s at least, such as 48h", shortest)
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	var l Lifetime
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if l, err = s.Store.Get(ctx, scope, workload); kernel.Is(err, kernel.NotFound) {
			return kernel.Errorf(kernel.NotFound, "%s on %s has no lifetime", workload, scope.Stage).WithFix("give it one with terrace deploy --stage %s --lifetime 72h", scope.Stage)
		}
		if err != nil {
			return err
		}
		if l.Run != "" {
			return kernel.Errorf(kernel.Conflict, "%s on %s is being removed by %s", workload, scope.Stage, l.Run).WithFix("end that first: terrace run discard %s, or terrace run cancel %s", l.Run, l.Run)
		}
		now := s.Clock.Now()
		until := l.ExpiresAt
		if until.Before(now) {
			until = now
		}
		until = until.Add(by)
		if until.After(now.Add(rule.Max)) {
			return kernel.Errorf(kernel.Invalid, "%s cannot be: on %s a lifetime ends at most %s from now", by, scope.Stage, rule.Max).WithFix("extend it by less, and again later")
		}
		l.ExpiresAt, l.Length, l.Origin, l.SetBy, l.Reason, l.WarnedAt, l.Problem = until, int64(until.Sub(now).Seconds()), OfExtension, actor.Name, reason, nil, ""
		l.Due = until.Add(-s.notice(l))
		if err := s.Store.Save(ctx, l); err != nil {
			return err
		}
		f := s.fact("lifetime.extended", l)
		f.Reason = reason
		return s.Journal.Record(ctx, f)
	})
	return l, err
}

// List returns the lifetimes of the scope's project that the actor may read, of one stage
// where it has one and of one workload unless that is "", the first to expire first.
func (s *Service) List(ctx context.Context, scope kernel.Scope, workload string, page kernel.PageRequest) (kernel.Page[Lifetime], error) {
	reach, err := s.Authorizer.Allowed(ctx, actionRead, scope)
	if err == nil && (scope.Stage != "" || reach.None() || reach.Whole(scope.Project)) { // it says who can grant it, and whether there is the project
		err = s.Authorizer.Authorize(ctx, actionRead, scope)
	}
	if err != nil {
		return kernel.Page[Lifetime]{}, err
	}
	return s.Store.List(ctx, scope, reach, workload, page)
}

// fact is one about a lifetime.
func (s *Service) fact(typ string, l Lifetime) kernel.Fact {
	return kernel.Fact{Type: typ, Scope: l.Scope, Subject: l.Stack(), Data: map[string]any{
		"workload": l.Workload, "expiresAt": l.ExpiresAt, "origin": l.Origin, "run": l.Run, "problem": l.Problem,
	}}
}
