package dns

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Kind is a kind of object that Book keeps.
type Kind string

// The kinds.
const (
	KindZone      Kind = "zone"
	KindNetwork   Kind = "network"
	KindForwarder Kind = "forwarder"
	KindKey       Kind = "key"
	KindEndpoint  Kind = "endpoint"
	// KindApplied are workloads on stages whose private endpoints are to be compared with
	// what they have deployed.
	KindApplied Kind = "applied"
)

// Object is what Book keeps of a zone, a network, a forwarder, a key or an endpoint.
type Object struct {
	Kind Kind
	// Scope is whose it is; Project is empty for the whole tenant's.
	Scope kernel.Scope
	Name  string
	// Body is it as JSON, and Sealed what is secret of it.
	Body   string
	Sealed []byte
}

// Book keeps objects; dnssql implements it.
type Book interface {
	// Hold counts a change, and puts writers one after the other until the transaction ends.
	Hold(ctx context.Context) error
	// Put adds an object, or takes the place of the one of its kind, tenant and name.
	Put(ctx context.Context, o Object) error
	// Remove removes one, or is NotFound.
	Remove(ctx context.Context, kind Kind, tenant, name string) error
	// Get returns one as the transaction sees it, or NotFound.
	Get(ctx context.Context, kind Kind, tenant, name string) (Object, error)
	// List returns those of a tenant that are reached, by name.
	List(ctx context.Context, kind Kind, tenant string, reach kernel.Reach, page kernel.PageRequest) (kernel.Page[Object], error)
	// Objects returns all of every tenant, as the transaction sees them.
	Objects(ctx context.Context) ([]Object, error)
	// OfKind returns those of a kind of every tenant.
	OfKind(ctx context.Context, kind Kind) ([]Object, error)
}

// Sets keeps the record sets of zones; dnssql implements it.
type Sets interface {
	// Sets returns those of names of a zone by name, as the transaction sees them; all of the
	// zone without names.
	Sets(ctx context.Context, tenant, zone string, names ...string) ([]Held, error)
	// CountSets returns how many a zone has.
	CountSets(ctx context.Context, tenant, zone string) (int, error)
	// ZoneOfNetwork returns a zone that has sets of a network, "" where none has.
	ZoneOfNetwork(ctx context.Context, tenant, network string) (string, error)
	// ListSets returns those of a zone whose names begin with a text, by name.
	ListSets(ctx context.Context, tenant, zone, from string, page kernel.PageRequest) (kernel.Page[Held], error)
	// PutSets adds sets, or takes the place of those of the same name, type and network.
	PutSets(ctx context.Context, tenant, zone string, sets []Held) error
	// DropSets removes sets by name, type and network.
	DropSets(ctx context.Context, tenant, zone string, sets []Held) error
	// DropZone removes all of a zone.
	DropZone(ctx context.Context, tenant, zone string) error
}

// Sealer seals for a tenant, and opens.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's tenant that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Names knows which names certificates of a scope may have.
type Names interface {
	Check(ctx context.Context, scope kernel.Scope, name string, wildcard bool) error
}

// Places knows the projects of tenants.
type Places interface {
	// Check is NotFound for a tenant or a project that there is not.
	Check(ctx context.Context, scope kernel.Scope) error
}

// Deployed reads what workloads have deployed.
type Deployed interface {
	// Version is that of the state of a workload on a stage, "" where it has none.
	Version(ctx context.Context, scope kernel.Scope, workload string) (string, error)
	// Endpoints are the private endpoints in a version.
	Endpoints(ctx context.Context, scope kernel.Scope, workload, version string) ([]Found, error)
}
