package audit

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Store keeps entries.
type Store interface {
	// Hold returns the end of the tenant's chain. Until the transaction ends no
	// other moves it.
	Hold(ctx context.Context, tenant string) (chain.Place, error)
	// Move moves the end of the tenant's chain; moved is false where it was not at
	// from. Until the transaction ends no other moves it.
	Move(ctx context.Context, tenant string, from, to chain.Place) (moved bool, err error)
	// Append keeps entries.
	Append(ctx context.Context, all []chain.Entry) error
	// Head returns the end of the tenant's chain.
	Head(ctx context.Context, tenant string) (chain.Place, error)
	// After returns entries with numbers above seq, in their order.
	After(ctx context.Context, tenant string, seq int64, limit int) ([]chain.Entry, error)
	// List returns entries that match and are within the reach, the newest first. Where no
	// index leads to them it looks at a bounded number, so a page can be empty and have a
	// next one.
	List(ctx context.Context, tenant string, f Filter, within kernel.Reach, page kernel.PageRequest) (kernel.Page[chain.Entry], error)
	// Between returns the numbers of the first and the last entry of a time; first is
	// greater than last where there is none.
	Between(ctx context.Context, tenant string, f Filter) (first, last int64, err error)
	// Remove removes all of a tenant, and is the only way to.
	Remove(ctx context.Context, tenant string) error
}

// Authorizer decides whether the actor of ctx may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope the actor may do it.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
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

// Journal keeps facts: this log, and that of events.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Config is what a Service is made of.
type Config struct {
	Store      Store
	Heads      HeadStore
	Keys       KeyStore
	Sealer     Sealer
	Tx         Tx
	Authorizer Authorizer
	Journal    Journal
	// Users may be nil: then everybody is asked for whom something was done by.
	Users Users
	// Types are those that there are, nil for any.
	Types []string
	// Name is what signing keys are called: the platform's host.
	Name string
	// Home is the tenant in whose log it is that the platform has another key.
	Home string
	// Clock is the system's where nil.
	Clock kernel.Clock
	// Log is slog's default where nil.
	Log *slog.Logger
}

// Service keeps and shows what happened.
type Service struct {
	Config

	ends     ends
	refusals refusals
}

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Service{Config: c}
}

// List returns the entries of the scope's tenant that match, the newest first: all to
// whom may read the log, and to members of projects what happened in these, without the
// addresses.
func (s *Service) List(ctx context.Context, scope kernel.Scope, f Filter, page kernel.PageRequest) (kernel.Page[chain.Entry], error) {
	within, whole, err := s.reach(ctx, scope.Tenant, f)
	if err != nil {
		return kernel.Page[chain.Entry]{}, err
	}
	if err := s.check(f); err != nil {
		return kernel.Page[chain.Entry]{}, err
	}
	if !whole {
		f.Address = ""
	}
	found, err := s.Store.List(ctx, scope.Tenant, f, within, page)
	if err == nil && len(found.Items) == 0 && f.Actor != "" && whole {
		err = s.somebody(ctx, scope.Tenant, f.Actor)
	}
	if !whole {
		for i := range found.Items {
			found.Items[i].Address = ""
		}
	}
	return found, err
}

// reach returns what the actor sees of the log; whole says that it is all that f is about.
func (s *Service) reach(ctx context.Context, tenant string, f Filter) (within kernel.Reach, whole bool, err error) {
	scope := kernel.Scope{Tenant: tenant, Project: f.Project, Stage: f.Stage}
	err = s.Authorizer.Authorize(ctx, "audit.read", scope)
	if !kernel.Is(err, kernel.Denied) {
		return kernel.Reach{All: true}, true, err
	}
	within, lookup := s.Authorizer.Allowed(ctx, "audit.list", kernel.Scope{Tenant: tenant, Project: f.Project})
	if lookup != nil {
		return within, false, lookup
	}
	if within.None() || within.All && f.Project == "" { // what belongs to no project is for who reads the whole log
		return within, false, err
	}
	return within, false, nil
}

func (s *Service) check(f Filter) error {
	if f.Type == "" || s.Types == nil {
		return nil
	}
	if start, ok := strings.CutSuffix(f.Type, "*"); ok {
		if slices.ContainsFunc(s.Types, func(t string) bool { return strings.HasPrefix(t, start) }) {
			return nil
		}
	} else if slices.Contains(s.Types, f.Type) {
		return nil
	}
	return noType(f.Type, s.Types)
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
	did, err := s.Store.List(ctx, tenant, Filter{Actor: name}, kernel.Reach{All: true}, kernel.PageRequest{Limit: 1})
	if err != nil || len(did.Items) > 0 {
		return err
	}
	if _, err = s.Users.Named(ctx, tenant, name); kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.NotFound, "there is no user %s, and nothing else of this name did anything", name).WithFix("see terrace user list")
	}
	return nil
}

// Remove removes the log of a tenant that leaves, once it was exported up to its end: last
// is the last place of the export. Nothing else ever removes an entry.
func (s *Service) Remove(ctx context.Context, tenant string, last chain.Place) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		end, err := s.Store.Hold(ctx, tenant)
		if err != nil {
			return err
		}
		if end != last {
			return kernel.Errorf(kernel.Stale, "the audit log of %s has entry %d at its end, and was exported to entry %d", tenant, end.Seq, last.Seq).
				WithFix("export the rest first")
		}
		if err := s.Store.Remove(ctx, tenant); err != nil {
			return err
		}
		s.ends.drop(tenant, end)
		return nil
	})
}
