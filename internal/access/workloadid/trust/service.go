package trust

import (
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// Store keeps rules, and which tokens were exchanged.
type Store interface {
	Add(ctx context.Context, r Rule) error
	// Rules returns those of a tenant by name.
	Rules(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[Rule], error)
	// Of returns those of all tenants for an issuer, by tenant and name.
	Of(ctx context.Context, issuer string) ([]Rule, error)
	Remove(ctx context.Context, tenant, name string) error
	// Spend notes what a token was used for, once; a second time is a Conflict.
	Spend(ctx context.Context, token string, until time.Time) error
	// Forget removes what was spent and has expired.
	Forget(ctx context.Context, now time.Time) error
}

// Accounts knows service accounts.
type Accounts interface {
	// Acting returns who has an id, unless they are kept out.
	Acting(ctx context.Context, tenant, id string) (kernel.Actor, error)
	// ServiceID returns the id of a service account by name.
	ServiceID(ctx context.Context, tenant, name string) (string, error)
}

// Authorizer decides.
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

// Config is what a Service is made of.
type Config struct {
	Store      Store
	Accounts   Accounts
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	// Issuer is Terrace's own address.
	Issuer string
	// Guard says which issuers may be asked for their keys.
	Guard egress.Guard
	Clock kernel.Clock
	// Projects and Stages know those that rules may name; nil lets any name be.
	Projects Projects
	Stages   Stages
}

// Projects knows which projects there are; a missing one is NotFound.
type Projects interface {
	Exists(ctx context.Context, scope kernel.Scope) error
}

// Stages knows which stages there are; a missing one is NotFound.
type Stages interface {
	Check(name string) error
}

// Service is the rules, and the exchange by them.
type Service struct {
	Config

	issuers issuers
}

// New returns a service.
func New(c Config) *Service {
	c.Guard.What = "issuers of tokens"
	return &Service{Config: c, issuers: issuers{guard: c.Guard}}
}

// Create adds a rule to the scope's tenant. Without an audience it is the tenant's own.
func (s *Service) Create(ctx context.Context, scope kernel.Scope, r Rule) (Rule, error) {
	if err := s.Authorizer.Authorize(ctx, "trust.set", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return Rule{}, err
	}
	r.ID, r.Tenant, r.CreatedAt = kernel.NewID("trs"), scope.Tenant, s.Clock.Now()
	if r.Audience == "" {
		r.Audience = AudienceOf(s.Issuer, r.Tenant)
	}
	unknown, err := s.unknown(ctx, r)
	if err != nil {
		return Rule{}, err
	}
	if problems := append(r.problems(s.Issuer), unknown...); len(problems) > 0 {
		return Rule{}, kernel.Errorf(kernel.Invalid, "the rule cannot be used").WithProblems(problems...)
	}
	if r.ServiceID, err = s.Accounts.ServiceID(ctx, r.Tenant, r.Service); err != nil {
		return Rule{}, err
	}
	return r, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Add(ctx, r); err != nil {
			return err
		}
		return s.record(ctx, "trust.created", r)
	})
}

// unknown are the projects and stages of a rule that there are not.
func (s *Service) unknown(ctx context.Context, r Rule) (all []kernel.Problem, err error) {
	if s.Projects != nil && len(r.Projects) <= maxList {
		for _, name := range r.Projects {
			err := s.Projects.Exists(ctx, kernel.Scope{Tenant: r.Tenant, Project: name})
			if err != nil && !kernel.Is(err, kernel.NotFound) {
				return nil, err
			}
			if err != nil {
				all = append(all, kernel.Problem{Path: "projects", Message: err.Error(), Fix: "see terrace project list"})
			}
		}
	}
	if s.Stages != nil {
		for _, name := range r.Stages {
			if err := s.Stages.Check(name); err != nil {
				all = append(all, kernel.Problem{Path: "stages", Message: err.Error(), Fix: "see terrace stage list"})
			}
		}
	}
	return all, nil
}

func (s *Service) record(ctx context.Context, typ string, r Rule) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: kernel.Scope{Tenant: r.Tenant}, Subject: r.ID, Data: map[string]any{
		"name": r.Name, "issuer": r.Issuer, "audience": r.Audience, "service": r.Service, "scopes": r.Scopes, "conditions": r.Conditions,
		"projects": r.Projects, "stages": r.Stages,
	}})
}

// List returns the rules of the scope's tenant.
func (s *Service) List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Rule], error) {
	if err := s.Authorizer.Authorize(ctx, "trust.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return kernel.Page[Rule]{}, err
	}
	return s.Store.Rules(ctx, scope.Tenant, page)
}

// Delete removes a rule; tokens that it led to end by themselves.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	if err := s.Authorizer.Authorize(ctx, "trust.set", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Remove(ctx, scope.Tenant, name); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "trust.deleted", Scope: kernel.Scope{Tenant: scope.Tenant}, Subject: name, Data: map[string]any{"name": name}})
	})
}

// Verdict is what a rule makes of a token.
type Verdict struct {
	Rule string
	// Fits says that a token like this is exchanged, Why what it does not fit by.
	Fits bool
	Why  string
}

// Test says what each rule of the scope's tenant makes of a token, which is not spent.
func (s *Service) Test(ctx context.Context, scope kernel.Scope, token string) ([]Verdict, error) {
	if err := s.Authorizer.Authorize(ctx, "trust.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return nil, err
	}
	p, err := s.proven(ctx, token, func(r Rule) bool { return r.Tenant == scope.Tenant })
	if err != nil {
		return nil, err
	}
	verdicts := make([]Verdict, 0, len(p.rules))
	for _, r := range p.rules {
		why := p.misses(r)
		verdicts = append(verdicts, Verdict{Rule: r.Name, Fits: why == "", Why: why})
	}
	return verdicts, nil
}

// limits are what a rule narrows.
func (r Rule) limits() *kernel.Limits {
	return &kernel.Limits{Scopes: slices.Clone(r.Scopes), Projects: slices.Clone(r.Projects), Stages: slices.Clone(r.Stages)}
}
