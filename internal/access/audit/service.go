package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

const verifyBatch = 500

// Store keeps entries.
type Store interface {
	// Hold returns the end of the tenant's chain. Until the transaction ends no
	// other moves it.
	Hold(ctx context.Context, tenant string) (Head, error)
	// Move moves the end of the tenant's chain; moved is false where it was not at
	// from. Until the transaction ends no other moves it.
	Move(ctx context.Context, tenant string, from, to Head) (moved bool, err error)
	// Append keeps entries.
	Append(ctx context.Context, all []Entry) error
	// Head returns the end of the tenant's chain.
	Head(ctx context.Context, tenant string) (Head, error)
	// After returns entries with numbers above seq, in their order.
	After(ctx context.Context, tenant string, seq int64, limit int) ([]Entry, error)
	// List returns entries that match, the newest first.
	List(ctx context.Context, tenant string, f Filter, page kernel.PageRequest) (kernel.Page[Entry], error)
}

// Authorizer decides whether the actor of ctx may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Users knows who there is.
type Users interface {
	// Named returns a user, and NotFound where there is none.
	Named(ctx context.Context, tenant, name string) (kernel.Actor, error)
}

// Config is what a Service is made of.
type Config struct {
	Store      Store
	Tx         Tx
	Authorizer Authorizer
	// Users may be nil: then everybody is asked for whom something was done by.
	Users Users
	// Types are those that there are, nil for any.
	Types []string
	// Clock is the system's where nil.
	Clock kernel.Clock
}

// Service keeps and shows what happened.
type Service struct {
	Config

	ends ends
}

// New returns a service.
func New(c Config) *Service { return &Service{Config: c} }

// List returns the entries of the scope's tenant that match, the newest first.
func (s *Service) List(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[Entry], error) {
	if err := s.Authorizer.Authorize(ctx, "audit.read", kernel.Scope{Tenant: scope.Tenant, Project: f.Project, Stage: f.Stage}); err != nil {
		return kernel.Page[Entry]{}, err
	}
	if f.Type != "" && s.Types != nil && !slices.Contains(s.Types, f.Type) {
		return kernel.Page[Entry]{}, noType(f.Type, s.Types)
	}
	found, err := s.Store.List(ctx, scope.Tenant, f, page)
	if err == nil && len(found.Items) == 0 && f.Actor != "" {
		err = s.somebody(ctx, scope.Tenant, f.Actor)
	}
	return found, err
}

func noType(name string, types []string) error {
	fix := "see terrace events types"
	if near := yamldoc.Nearest(name, types); near != "" {
		fix = "did you mean " + near + "? " + fix
	}
	return kernel.Errorf(kernel.Invalid, "nothing is of the type %q", name).WithFix("%s", fix).
		WithProblems(kernel.Problem{Path: "type", Message: "there is no such type"})
}

// somebody refuses a name that is no user's and by which nothing was done: that nobody
// did anything reads as if somebody had kept still.
func (s *Service) somebody(ctx context.Context, tenant, name string) error {
	if s.Users == nil {
		return nil
	}
	did, err := s.Store.List(ctx, tenant, Filter{Actor: name}, kernel.PageRequest{Limit: 1})
	if err != nil || len(did.Items) > 0 {
		return err
	}
	if _, err = s.Users.Named(ctx, tenant, name); kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.NotFound, "there is no user %s, and nothing else of this name did anything", name).WithFix("see terrace user list")
	}
	return nil
}

// Verify reads the whole chain of the scope's tenant and reports the first
// entry that was changed, removed or put in.
func (s *Service) Verify(ctx context.Context, scope kernel.Scope) (Report, error) {
	if err := s.Authorizer.Authorize(ctx, "audit.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return Report{}, err
	}
	// The head is read first: entries that come later are beyond it.
	head, err := s.Store.Head(ctx, scope.Tenant)
	if err != nil {
		return Report{}, err
	}
	var r Report
	for r.Entries < head.Seq && r.Broken == nil {
		batch, err := s.Store.After(ctx, scope.Tenant, r.Entries, verifyBatch)
		if err != nil {
			return Report{}, err
		}
		if len(batch) == 0 {
			break
		}
		if err := r.follow(batch, head.Seq); err != nil {
			return Report{}, err
		}
	}
	if r.Broken == nil && (r.Entries < head.Seq || r.Head != head.Hash) {
		r.Broken = &Break{Seq: min(r.Entries+1, head.Seq), Reason: "the last entries are missing or were replaced"}
	}
	return r, nil
}

// follow checks a batch against the chain so far, up to the head.
func (r *Report) follow(batch []Entry, head int64) error {
	for _, e := range batch {
		if e.Seq > head {
			return nil
		}
		want, err := e.hash()
		if err != nil {
			return err
		}
		switch next := r.Entries + 1; {
		case e.Seq != next:
			r.Broken = &Break{Seq: next, Reason: fmt.Sprintf("entry %d is missing", next)}
		case e.Prev != r.Head:
			r.Broken = &Break{Seq: e.Seq, Reason: "it does not follow the entry before it"}
		case e.Hash != want:
			r.Broken = &Break{Seq: e.Seq, Reason: "its content is not what was written"}
		}
		if r.Broken != nil {
			return nil
		}
		r.Entries, r.Head = e.Seq, e.Hash
	}
	return nil
}
