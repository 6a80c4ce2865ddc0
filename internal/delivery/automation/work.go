package automation

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

const (
	// atOnce and perTenant bound how many actions are under way.
	atOnce, perTenant = 8, 2
	actionTimeout     = 2 * time.Minute
	// abandoned is after what time an action has no process any more.
	abandoned = 5 * time.Minute
	lookEvery = 10 * time.Second
)

// Work does what waits until ctx ends: the oldest first, of each tenant a few at
// a time.
func (s *Service) Work(ctx context.Context) error {
	return rounds.Rounds{Bell: s.bell, Idle: lookEvery, Clock: s.Clock, Look: s.all}.Run(ctx)
}

// all does what waits, a batch after the other.
func (s *Service) all(ctx context.Context) error {
	for {
		more, err := s.batch(ctx)
		if err != nil || !more || ctx.Err() != nil {
			return err
		}
	}
}

// batch does some of what waits, and tells whether there may be more.
func (s *Service) batch(ctx context.Context) (more bool, err error) {
	waiting, err := s.Store.Waiting(ctx, 16*atOnce)
	if err != nil {
		return false, err
	}
	var all sync.WaitGroup
	defer all.Wait()
	began, of := 0, map[string]int{}
	for _, f := range waiting {
		if of[f.Scope.Tenant] == perTenant || began == atOnce {
			continue
		}
		of[f.Scope.Tenant]++
		began++
		all.Go(func() { s.carryOut(ctx, f) })
	}
	return began > 0, nil
}

// carryOut does one firing, at most once: what is begun and has no end is not
// begun again.
func (s *Service) carryOut(ctx context.Context, f Firing) {
	mine, err := s.Store.Begin(ctx, f)
	if err != nil || !mine {
		if err != nil {
			s.Log.WarnContext(ctx, "a rule's action could not begin", "firing", f.ID, "error", err)
		}
		return
	}
	within, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	result, err := s.act(within, f)
	now := s.Clock.Now()
	f.Outcome, f.Result, f.EndedAt = Done, result, &now
	switch {
	case err == nil:
	case kernel.Is(err, kernel.Internal), kernel.Is(err, kernel.Unavailable), kernel.Is(err, kernel.Locked):
		f.Outcome, f.Why = Failed, err.Error()
	default:
		f.Outcome, f.Why = Refused, err.Error()
	}
	if err := s.end(context.WithoutCancel(ctx), f); err != nil {
		s.Log.ErrorContext(ctx, "what became of a rule's action was not saved", "firing", f.ID, "error", err)
	}
}

func (s *Service) end(ctx context.Context, f Firing) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.End(ctx, f); err != nil {
			return err
		}
		return s.record(ctx, f)
	})
}

func (s *Service) record(ctx context.Context, f Firing) error {
	ctx = kernel.WithCause(kernel.WithActor(ctx, kernel.System("automation", f.Scope.Tenant)), f.Event)
	verb := "fired"
	if f.Outcome != Done {
		verb = string(f.Outcome)
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: factPrefix + verb, Scope: f.Scope, Subject: f.Rule, Reason: f.Why, Data: map[string]any{
		"event": f.Event, "type": f.Type, "action": f.Action.Kind, "result": f.Result,
	}})
}

// act does it for the rule's author, whose rights are checked now. The record
// names the rule, and who approves elsewhere sees the author as who asked.
func (s *Service) act(ctx context.Context, f Firing) (string, error) {
	r, err := s.Store.ByID(ctx, f.Scope.Tenant, f.Rule)
	if err != nil {
		return "", err
	}
	if r.AppliedAt.After(f.At) { // what it was to do is not its author's any more
		return "", kernel.Errorf(kernel.Refused, "the rule was changed meanwhile")
	}
	author, err := s.Authors.Acting(ctx, r.Scope.Tenant, r.Author.ID)
	if err != nil {
		return "", err
	}
	author.Name = fmt.Sprintf("rule %s (%s)", r.Name, author.Name)
	ctx = kernel.WithCause(kernel.WithActor(ctx, author), f.Event)
	a := f.Action
	where := kernel.Scope{Tenant: r.Scope.Tenant, Project: a.Project}
	if a.Kind == Notify {
		where = r.Scope
	}
	if r.Scope.Project != "" && where.Project != r.Scope.Project {
		return "", kernel.Errorf(kernel.Refused, "the rule is of the project %s and would act in %s", r.Scope.Project, where.Project)
	}
	if where.Project == "" && a.Kind != Notify {
		return "", kernel.Errorf(kernel.Invalid, "the event is of no project, and the rule names none")
	}
	if err := s.Authorizer.Authorize(ctx, a.Kind.permission(), where); err != nil {
		return "", err
	}
	return s.do(ctx, r, f, where)
}

func (s *Service) do(ctx context.Context, r Rule, f Firing, where kernel.Scope) (string, error) {
	a := f.Action
	request := Request{Scope: where.InStage(a.Stage), Workload: a.Workload, Release: a.Release, Reason: fmt.Sprintf("rule %s, on %s of %s", r.Name, f.Type, f.Subject)}
	switch a.Kind {
	case Plan:
		return s.Runs.Plan(ctx, request)
	case Promote:
		return s.Runs.Promote(ctx, request)
	case DriftCheck:
		return s.Drift.Check(ctx, request)
	default:
		fact := kernel.Fact{Type: factPrefix + "notified", Scope: where, Subject: f.Subject, Data: map[string]any{
			"rule": r.Name, "message": a.Message, "event": f.Event, "type": f.Type,
		}}
		e, err := s.Events.Make(ctx, fact)
		if err != nil {
			return "", err
		}
		return s.Notifier.Notify(ctx, where, a.Subscription, e)
	}
}
