package gateway

import (
	"context"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps routes; gatewaysql implements it.
type Store interface {
	// Put keeps a route, replacing the one of its name, and claims its hosts for
	// its scope: another scope's host is a Conflict, also where a wildcard takes
	// the other in.
	Put(ctx context.Context, r Route) error
	// Delete removes a route if it is there, and frees a host without routes.
	Delete(ctx context.Context, scope kernel.Scope, name string) error
	Get(ctx context.Context, scope kernel.Scope, name string) (Route, error)
	// Routes returns those of a scope, by name, as the transaction sees them.
	Routes(ctx context.Context, scope kernel.Scope) ([]Route, error)
	// All returns every route of every tenant, for the proxy.
	All(ctx context.Context) ([]Route, error)
	// Revision grows with every write.
	Revision(ctx context.Context) (int64, error)
}

// PolicyStore keeps policies; gatewaysql implements it.
type PolicyStore interface {
	// PutPolicy keeps a policy, replacing the one of its name. Two of one kind for
	// the same routes are a Conflict.
	PutPolicy(ctx context.Context, p Policy) error
	// DeletePolicy removes a policy if it is there.
	DeletePolicy(ctx context.Context, scope kernel.Scope, name string) error
	// Policies returns those of a scope itself, by name.
	Policies(ctx context.Context, scope kernel.Scope) ([]Policy, error)
	// AllPolicies returns every policy of every tenant, for the proxy.
	AllPolicies(ctx context.Context) ([]Policy, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Config is what a Service needs.
type Config struct {
	Store       Store
	PolicyStore PolicyStore
	Journal     Journal
	Tx          Tx
	Clock       kernel.Clock
	Log         *slog.Logger
	// Zones are the zones whose hosts are served, such as localhost: a scope's
	// hosts lie under <stage>.<project>.<zone>.
	Zones []string
	// Reserved are hosts that no route may take: those of the platform itself.
	Reserved []string
	// Kinds are the kinds of filters, the first of them stands nearest to the client.
	Kinds []Kind
	// Metrics may be nil.
	Metrics *Metrics
}

// Service keeps routes and the table that the proxy reads. Its callers have
// checked that they may act for the scope that they name; the service checks
// that a route's host lies within it.
type Service struct {
	Config

	loading sync.Mutex
	table   atomic.Pointer[table]
}

// NewService returns a Service with an empty table; Load fills it.
func NewService(c Config) *Service {
	if len(c.Zones) == 0 {
		c.Zones = []string{"localhost"}
	}
	s := &Service{Config: c}
	s.table.Store(&table{})
	return s
}

// PutRoute keeps a route and serves it from then on.
func (s *Service) PutRoute(ctx context.Context, scope kernel.Scope, r Route) (Route, error) {
	r, err := r.Normalize()
	if err != nil {
		return Route{}, err
	}
	for _, host := range r.Hosts {
		if err := s.checkHost(scope, strings.TrimPrefix(host, "*.")); err != nil {
			return Route{}, err
		}
	}
	r.Scope, r.UpdatedAt = scope, s.Clock.Now()
	return r, s.change(ctx, scope, r.Name, "route.changed", func(ctx context.Context) error {
		others, err := s.Store.Routes(ctx, scope)
		if err != nil {
			return err
		}
		if err := conflict(r, others); err != nil {
			return err
		}
		return s.Store.Put(ctx, r)
	})
}

// DeleteRoute removes a route; what is not there is no error.
func (s *Service) DeleteRoute(ctx context.Context, scope kernel.Scope, name string) error {
	return s.change(ctx, scope, name, "route.deleted", func(ctx context.Context) error {
		return s.Store.Delete(ctx, scope, name)
	})
}

// Route returns a route, or NotFound.
func (s *Service) Route(ctx context.Context, scope kernel.Scope, name string) (Route, error) {
	return s.Store.Get(ctx, scope, name)
}

// HasHost reports whether any route serves the host: it is a name that a
// certificate may be issued for.
func (s *Service) HasHost(host string) bool {
	return s.table.Load().has(canonicalHost(host))
}

// conflict refuses a route that takes the very requests of another one.
func conflict(r Route, others []Route) error {
	mine := map[string]bool{}
	for key := range r.keys() {
		mine[key] = true
	}
	for _, o := range others {
		if o.Name == r.Name {
			continue
		}
		for key, place := range o.keys() {
			if mine[key] {
				return kernel.Errorf(kernel.Conflict, "%s is routed by %s already", place, o.Name).
					WithFix("choose another host or path, or delete route %s", o.Name)
			}
		}
	}
	return nil
}

// keys yields what each of the route's matches takes on each host, with its
// place in words.
func (r Route) keys() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, host := range r.Hosts {
			for _, rule := range r.Rules {
				for _, m := range rule.Matches {
					if !yield(host+" "+newMatch(m).key(), host+m.Path.Value) {
						return
					}
				}
			}
		}
	}
}

func (s *Service) checkHost(scope kernel.Scope, host string) error {
	for _, reserved := range s.Reserved {
		if host == canonicalHost(reserved) {
			return kernel.Errorf(kernel.Conflict, "host %s belongs to the platform", host).WithFix("choose another host")
		}
	}
	subtree := scope.Project
	if scope.Stage != "" {
		subtree = scope.Stage + "." + scope.Project
	}
	for _, zone := range s.Zones {
		suffix := subtree + "." + zone
		if host == suffix || strings.HasSuffix(host, "."+suffix) {
			return nil
		}
	}
	return kernel.Errorf(kernel.Invalid, "host %s does not belong to %s", host, scope).
		WithFix("use a host under %s.%s", subtree, s.Zones[0])
}

// change writes in one transaction with its fact, then swaps the table.
func (s *Service) change(ctx context.Context, scope kernel.Scope, name, fact string, write func(ctx context.Context) error) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := write(ctx); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: scope, Subject: name})
	})
	if err != nil {
		return err
	}
	s.renew(ctx)
	return nil
}
