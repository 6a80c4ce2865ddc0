package automation

import (
	"context"
	"log/slog"
	"sync"

	"github.com/expr-lang/expr/vm"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// factPrefix begins the facts about rules, which no rule is for.
const factPrefix = "rule."

// Config is what a service needs.
type Config struct {
	Store      Store
	Events     Events
	Runs       Runs
	Drift      Drift
	Notifier   Notifier
	Authors    Authors
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	Log        *slog.Logger
}

// Service keeps rules and does what they say.
type Service struct {
	Config

	mu    sync.RWMutex
	rules []ready
	bell  *rounds.Bell
}

// ready is a rule with its condition compiled.
type ready struct {
	Rule

	condition *vm.Program
}

// New returns a service. No rule acts before Watch and Work.
func New(c Config) *Service { return &Service{Config: c, bell: rounds.NewBell()} }

// Apply makes the rule of a document's name be as the document says, for an actor
// with rule.write who may do what the rule does. It acts on events from now on.
func (s *Service) Apply(ctx context.Context, scope kernel.Scope, file string, source []byte) (Rule, error) {
	if err := s.Authorizer.Authorize(ctx, "rule.write", scope); err != nil {
		return Rule{}, err
	}
	r, err := Parse(file, source)
	if err != nil {
		return Rule{}, err
	}
	if err := s.mayAct(ctx, scope, r.Do); err != nil {
		return Rule{}, err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	r.ID, r.Scope, r.Author, r.AppliedAt = kernel.NewID("rul"), scope, actor, s.Clock.Now()
	err = s.Tx.InTx(ctx, func(ctx context.Context) error { return s.put(ctx, &r) })
	if err != nil {
		return Rule{}, err
	}
	return r, s.load(ctx)
}

// mayAct tells whether the actor of ctx may do what a rule does. A project that
// only the event tells is checked when it fires; here it is the tenant's right.
func (s *Service) mayAct(ctx context.Context, scope kernel.Scope, a Action) error {
	where := scope
	if a.Project != "" && !placeholder.MatchString(a.Project) {
		if scope.Project != "" && a.Project != scope.Project {
			return kernel.Errorf(kernel.Invalid, "the rule is of the project %s and acts in %s", scope.Project, a.Project).WithFix("leave project out, or make it a rule of the tenant")
		}
		where.Project = a.Project
	}
	return s.Authorizer.Authorize(ctx, a.Kind.permission(), where)
}

func (s *Service) put(ctx context.Context, r *Rule) error {
	before, err := s.Store.Get(ctx, r.Scope, r.Name)
	switch {
	case kernel.Is(err, kernel.NotFound):
		if err := s.room(ctx, r.Scope.Tenant); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		r.ID = before.ID
	}
	if err := s.Store.Put(ctx, *r); err != nil {
		return err
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: factPrefix + "applied", Scope: r.Scope, Subject: r.ID, Data: map[string]any{"name": r.Name, "action": r.Do.Kind}})
}

func (s *Service) room(ctx context.Context, tenant string) error {
	n, err := s.Store.Count(ctx, tenant)
	if err != nil || n < MaxPerTenant {
		return err
	}
	return kernel.Errorf(kernel.Refused, "the tenant has %d rules, which is as many as it may have", n).WithFix("delete one, see terrace rule list")
}

// Get returns a rule, for an actor with rule.read.
func (s *Service) Get(ctx context.Context, scope kernel.Scope, name string) (Rule, error) {
	if err := s.Authorizer.Authorize(ctx, "rule.read", scope); err != nil {
		return Rule{}, err
	}
	return s.Store.Get(ctx, scope, name)
}

// List returns the rules of a scope by name.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Rule], error) {
	if err := s.Authorizer.Authorize(ctx, "rule.read", scope); err != nil {
		return kernel.Page[Rule]{}, err
	}
	return s.Store.List(ctx, scope, page)
}

// Delete removes a rule with its history. What waits is not done.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.Authorizer.Authorize(ctx, "rule.write", scope); err != nil {
		return err
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		r, err := s.Store.Get(ctx, scope, name)
		if err != nil {
			return err
		}
		if err := s.Store.Delete(ctx, scope, r.ID); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: factPrefix + "deleted", Scope: scope, Subject: r.ID, Data: map[string]any{"name": name}})
	})
	if err != nil {
		return err
	}
	return s.load(ctx)
}

// History returns what a rule was for and what became of it, the newest first.
func (s *Service) History(ctx context.Context, scope kernel.Scope, name string, outcome Outcome, page kernel.PageRequest) (kernel.Page[Firing], error) {
	r, err := s.Get(ctx, scope, name)
	if err != nil {
		return kernel.Page[Firing]{}, err
	}
	return s.Store.History(ctx, r.ID, outcome, page)
}

// load brings what is in memory to what the store says.
func (s *Service) load(ctx context.Context) error {
	all, err := s.Store.All(ctx)
	if err != nil {
		return err
	}
	rules := make([]ready, 0, len(all))
	for _, r := range all {
		one := ready{Rule: r}
		if r.When != "" {
			if one.condition, err = compile(r.When); err != nil {
				s.Log.ErrorContext(ctx, "a rule's condition cannot be read any more: it does not act", "rule", r.Name, "error", err)
				continue
			}
		}
		rules = append(rules, one)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = rules
	return nil
}
