package maturity

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Answer is what a person said to a criterion.
type Answer struct {
	Criterion string    `json:"criterion"`
	Met       bool      `json:"met"`
	Note      string    `json:"note,omitempty"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
}

// Store keeps answers; maturitysql implements it.
type Store interface {
	// Put keeps an answer in place of the one before.
	Put(ctx context.Context, tenant string, a Answer) error
	Answers(ctx context.Context, tenant string) ([]Answer, error)
}

// Evidence measures the platform. A measure that cannot be known is not there.
type Evidence interface {
	Measure(ctx context.Context, scope kernel.Scope) (map[string]Figure, error)
}

// Figure is one measure with where it comes from.
type Figure struct {
	Value float64 `json:"value"`
	From  string  `json:"from"`
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
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
	Evidence   Evidence
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
}

// Service assesses a tenant.
type Service struct {
	Config

	capabilities []Capability
}

// New returns a service.
func New(c Config) (*Service, error) {
	all, err := Capabilities()
	return &Service{Config: c, capabilities: all}, err
}

// maxNote bounds a note, in bytes.
const maxNote = 2000

// Answer keeps what the actor says to criteria that are asked.
func (s *Service) Answer(ctx context.Context, scope kernel.Scope, answers []Answer) (Assessment, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, "maturity.answer", scope); err != nil {
		return Assessment{}, err
	}
	known := s.criteria()
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	for i := range answers {
		a := &answers[i]
		if !known[a.Criterion] {
			return Assessment{}, kernel.Errorf(kernel.NotFound, "there is no criterion %q", a.Criterion).WithFix("see terrace cost maturity show for their names")
		}
		if len(a.Note) > maxNote {
			return Assessment{}, kernel.Errorf(kernel.Invalid, "the note on %s has more than %d bytes", a.Criterion, maxNote).WithFix("shorten it")
		}
		a.By, a.At = actor.Name, s.Clock.Now()
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		for _, a := range answers {
			if err := s.Store.Put(ctx, scope.Tenant, a); err != nil {
				return err
			}
			if err := s.Journal.Record(ctx, kernel.Fact{
				Type: "maturity.answered", Scope: scope, Subject: a.Criterion, Reason: a.Note, Data: map[string]any{"met": a.Met},
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Assessment{}, err
	}
	return s.assess(ctx, scope)
}

func (s *Service) criteria() map[string]bool {
	all := map[string]bool{}
	for _, c := range s.capabilities {
		for _, l := range Levels() {
			for i := range c.At(l) {
				all[criterionID(c, l, i)] = true
			}
		}
	}
	return all
}

// Assess returns where the tenant stands.
func (s *Service) Assess(ctx context.Context, scope kernel.Scope) (Assessment, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, "maturity.read", scope); err != nil {
		return Assessment{}, err
	}
	return s.assess(ctx, scope)
}
