package gateway

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps routes; gatewaysql implements it.
type Store interface {
	// Put keeps a route, replacing the one of its name, and claims its hosts for its scope:
	// another scope's host is a Conflict. It returns what the hosts that the scope did not
	// have before overlap with; whether that may be is the caller's.
	Put(ctx context.Context, r Route) ([]Overlap, error)
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

// Owners knows what is kept by whom; gatewaysql implements it.
type Owners interface {
	// Owned returns the routes, and the policies and products, of a tenant that an owner
	// keeps, as the transaction sees them.
	Owned(ctx context.Context, tenant, owner string) ([]Route, []Policy, error)
	// Release has an owner keep nothing any longer; all stays as it is.
	Release(ctx context.Context, tenant, owner string) error
}

// Library is what people look things up in; gatewaysql implements it.
type Library interface {
	// RoutesPage returns a scope's routes by name; host narrows to those that have it.
	RoutesPage(ctx context.Context, scope kernel.Scope, host string, page kernel.PageRequest) (kernel.Page[Route], error)
	// PoliciesPage returns a scope's own policies by name, narrowed to a kind and a route.
	PoliciesPage(ctx context.Context, scope kernel.Scope, kind, route string, page kernel.PageRequest) (kernel.Page[Policy], error)
	// Versions returns what a document was, the newest first.
	Versions(ctx context.Context, scope kernel.Scope, class Class, name string, page kernel.PageRequest) (kernel.Page[Version], error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Stages knows the stages that there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Domains knows the domains that tenants have proven.
type Domains interface {
	// Routable is nil for a host, which may begin with a wildcard, that routes of a stage may
	// have since it lies within a domain that is proven for it. It is as the transaction of
	// ctx sees it.
	Routable(ctx context.Context, scope kernel.Scope, host string) error
	// Holdings returns the domains that are proven now, as the transaction of ctx sees them.
	// They tell which hosts are a stage's: those of routes may be no more, since a proof was
	// taken back.
	Holdings(ctx context.Context) (route.Domains, error)
}

// Workloads knows the services that run.
type Workloads interface {
	// Ports returns the names and numbers of the ports of a service that runs, none where
	// it does not; the empty one is among them where it has a single port.
	Ports(scope kernel.Scope, service string) []string
}

// Outside knows which addresses outside the gateway reaches.
type Outside interface {
	// Reach says why an address, host:port, is not reached, in the clear or not; nil where
	// it is, or where only time can tell, since it is a name.
	Reach(addr string, clear bool) error
}

// Overlap is a host that a scope takes beside the Other of another scope: one of them is a
// wildcard that takes in the other.
type Overlap struct {
	Host, Other string
	Scope       kernel.Scope
}

// RouteHost is a host of a route.
type RouteHost struct {
	Host, Route string
	Scope       kernel.Scope
}

// Config is what a Service needs.
type Config struct {
	Store       Store
	PolicyStore PolicyStore
	// Owners is for Keep alone.
	Owners Owners
	// ProductStore and Products may be nil: documents of products are refused then.
	ProductStore ProductStore
	Products     Products
	// Library, Authorizer and Stages are for what people ask for; a service that only
	// serves traffic needs none of them.
	Library    Library
	Authorizer Authorizer
	Stages     Stages
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	Log        *slog.Logger
	// Zones are the zones whose hosts are served, such as localhost: a scope's
	// hosts lie under <stage>.<project>.<zone>, or in no zone and within a domain of Domains.
	Zones []string
	// Domains may be nil: all hosts lie in the zones.
	Domains Domains
	// Reserved are hosts that no route may take: those of the platform itself.
	Reserved []string
	// Kinds are the kinds of filters, the first of them stands nearest to the client.
	Kinds []Kind
	// Cache is what the kinds have stored of answers; nil stores nothing.
	Cache Cache
	// Workloads and Outside may be nil: nothing is said of backends that cannot answer.
	Workloads Workloads
	Outside   Outside
	// Metrics may be nil.
	Metrics *proxy.Metrics
	// Traffic counts who calls which route; it may be nil.
	Traffic *traffic.Book
	// Planes may be nil: this gateway obeys all documents.
	Planes Planes
}

// Service keeps routes and the table that the proxy reads. It has two doors. Apply,
// Remove, Rollback, Explain and what lists are for people: they check what the actor of
// the context may. PutRoute, DeleteRoute, PutPolicy and DeletePolicy are the platform's
// own, and their callers have checked that they may act for the scope that they name.
// Both check that a route's host lies within its scope.
type Service struct {
	Config

	loading sync.Mutex
	served  atomic.Pointer[served]
	// purged are this process's own purges, of whose events it has not heard yet.
	purged sync.Map
}

// NewService returns a Service with an empty table; Load fills it.
func NewService(c Config) *Service {
	if len(c.Zones) == 0 {
		c.Zones = []string{"localhost"}
	}
	s := &Service{Config: c}
	s.served.Store(&served{table: &proxy.Table{}})
	return s
}

// PutRoute keeps a route and serves it from then on.
func (s *Service) PutRoute(ctx context.Context, scope kernel.Scope, r Route) (Route, error) {
	r, err := s.sound(scope, r)
	if err != nil {
		return Route{}, err
	}
	return r, s.change(ctx, scope, r.Name, "route.changed", func(ctx context.Context) error {
		others, err := s.Store.Routes(ctx, scope)
		if err != nil {
			return err
		}
		if err := keptElsewhere(r, others); err != nil {
			return err
		}
		if err := conflict(r, others); err != nil {
			return err
		}
		if err := s.put(ctx, r); err != nil {
			return err
		}
		return s.routable(ctx, r)
	})
}

// sound returns a route in the form that is kept, as of now.
func (s *Service) sound(scope kernel.Scope, r Route) (Route, error) {
	r, err := r.Normalize()
	if err != nil {
		return Route{}, err
	}
	for i, host := range r.Hosts {
		if err := s.checkHost(scope, host); err != nil {
			return Route{}, atHost(r, i, err)
		}
	}
	r.Scope, r.UpdatedAt = scope, s.Clock.Now()
	return r, nil
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
	return s.Table().Has(route.CanonicalHost(host))
}

// Host returns the host of routes that takes a name, which may be a wildcard, and whose they
// are; false where no route does.
func (s *Service) Host(name string) (host string, scope kernel.Scope, ok bool) {
	return s.Table().Host(route.CanonicalHost(name))
}

// conflict refuses a route that takes the very requests of another one.
func conflict(r Route, others []Route) error {
	mine := map[string]bool{}
	for key := range keys(r) {
		mine[key] = true
	}
	for _, o := range others {
		if o.Name == r.Name {
			continue
		}
		for key, place := range keys(o) {
			if mine[key] {
				return kernel.Errorf(kernel.Conflict, "%s is routed by %s already", place, o.Name).
					WithFix("choose another host or path, or delete route %s", o.Name)
			}
		}
	}
	return nil
}

// keys yields what each of a route's matches takes on each host, with its
// place in words.
func keys(r Route) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, host := range r.Hosts {
			for _, rule := range r.Rules {
				for _, m := range rule.Matches {
					if !yield(host+" "+proxy.MatchKey(m), host+m.Path.Value) {
						return
					}
				}
			}
		}
	}
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
