package domain

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps domains; domainsql implements it.
type Store interface {
	// Hold puts who proves, adds and removes domains one after the other, until the
	// transaction ends.
	Hold(ctx context.Context) error
	// Insert adds one; a second of its name and tenant is a Conflict.
	Insert(ctx context.Context, d Domain) error
	// Save changes one that nobody has changed meanwhile, or is Stale.
	Save(ctx context.Context, d Domain) error
	Delete(ctx context.Context, tenant, name string) error
	Get(ctx context.Context, tenant, name string) (Domain, error)
	// List returns those of a tenant that are reached, by name.
	List(ctx context.Context, tenant string, reach kernel.Reach, page kernel.PageRequest) (kernel.Page[Domain], error)
	// Near returns the domains of a tenant, and the proven ones of others, that are one of
	// names or lie below a domain, as the transaction sees them.
	Near(ctx context.Context, tenant string, names []string, below string) ([]Domain, error)
}

// Version names what a domain was at a time: of what is removed and claimed anew it is another.
type Version struct {
	Scope    kernel.Scope
	Name     string
	Revision int64
}

// View reads what the gateway has in memory; domainsql implements it.
type View interface {
	// Proven returns the version of every proven domain of every tenant.
	Proven(ctx context.Context) ([]Version, error)
	// Some returns those of the names that are proven, with their chains and keys.
	Some(ctx context.Context, names []string) ([]Domain, error)
	// Turn grows with every change.
	Turn(ctx context.Context) (int64, error)
	// Ending and Unlooked return some proven domains, with neither chain nor key: those the end
	// of whose certificate is to be told of, and those whose record is to be looked at again.
	Ending(ctx context.Context, now time.Time, most int) ([]Domain, error)
	Unlooked(ctx context.Context, now time.Time, most int) ([]Domain, error)
	// Count returns how many domains a tenant has claimed.
	Count(ctx context.Context, tenant string) (int, error)
}

// Routes knows which hosts routes have; gatewaysql implements it.
type Routes interface {
	// HostsWithin returns the hosts of a tenant's routes at and below a domain. No route
	// changes from then on until the transaction ends.
	HostsWithin(ctx context.Context, tenant, domain string) ([]gateway.RouteHost, error)
	// HostsNow is HostsWithin for who only looks: routes change meanwhile.
	HostsNow(ctx context.Context, tenant, domain string) ([]gateway.RouteHost, error)
	// FreeHosts frees hosts for others, though routes have them; ClaimHosts takes them again, and is
	// a Conflict where others have one.
	FreeHosts(ctx context.Context, hosts []gateway.RouteHost) error
	ClaimHosts(ctx context.Context, hosts []gateway.RouteHost) error
}

// Gateway serves the hosts of routes; gateway.Service implements it.
type Gateway interface {
	// Renew has it serve those that it may serve now.
	Renew(ctx context.Context)
}

// Resolver looks records up; Lookup implements it.
type Resolver interface {
	// TXT returns the texts of a name. That there are none is no error.
	TXT(ctx context.Context, name string) ([]string, error)
}

// Sealer seals for a tenant, and opens.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Places knows the projects of tenants, and the stages that there are.
type Places interface {
	// Check is NotFound for a project or a stage of a tenant that there is not, and of a scope
	// without a project for a tenant that there is not.
	Check(ctx context.Context, scope kernel.Scope) error
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's tenant that is, to narrow lists by.
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
