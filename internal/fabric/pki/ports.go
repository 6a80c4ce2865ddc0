package pki

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Authorities keeps the authorities; pkisql implements it.
type Authorities interface {
	// Turn grows with every change of them, and with every revocation.
	Turn(ctx context.Context) (int64, error)
	// Hold counts a change. Its row lock also puts writers one after the other.
	Hold(ctx context.Context) error
	// All returns all that there have been, by kind and generation.
	All(ctx context.Context) ([]CA, error)
	Insert(ctx context.Context, c CA) error
	Save(ctx context.Context, c CA) error
	// Revoked returns the serials of certificates of workloads, and of those that the gateway
	// shows, that were revoked and have not ended at a time.
	Revoked(ctx context.Context, at time.Time) ([]string, error)
}

// Inventory keeps the certificates; pkisql implements it.
type Inventory interface {
	// Add writes certificates down. Those that are known already stay as they are.
	Add(ctx context.Context, all []Entry) error
	// Get returns one by its id, or NotFound.
	Get(ctx context.Context, id string) (Entry, error)
	// List returns those of a tenant that are reached, that which ends first first.
	List(ctx context.Context, tenant string, reach kernel.Reach, f Filter, page kernel.PageRequest) (kernel.Page[Entry], error)
	// Revoke notes that one was revoked, unless it is already: then it is a Conflict.
	Revoke(ctx context.Context, id string, r Revocation) error
	// Ends returns the last end of what an authority has signed, the zero time for nothing.
	Ends(ctx context.Context, issuer string) (time.Time, error)
	// Remove forgets certificates that ended before a time, at most limit.
	Remove(ctx context.Context, before time.Time, limit int) (int, error)
}

// Alerts knows which certificates end, and of which that was told; pkisql implements it.
type Alerts interface {
	// Ending returns what ends before a time, was not revoked, and of which it was told to less
	// than a level, at most limit.
	Ending(ctx context.Context, before time.Time, level int64, limit int) ([]Entry, error)
	// Tell notes that it was told of a level; false says that it was before.
	Tell(ctx context.Context, id string, level int64) (bool, error)
	// Replaced tells whether the holder has a certificate that ends later, for the same names.
	Replaced(ctx context.Context, e Entry) (bool, error)
}

// Lists keeps the lists of what was revoked; pkisql implements it.
type Lists interface {
	// Latest returns the newest list of an authority, or NotFound.
	Latest(ctx context.Context, issuer string) (List, error)
	// Keep replaces it.
	Keep(ctx context.Context, l List) error
	// RevokedBy returns what an authority has signed, that was revoked and has not ended at a time.
	RevokedBy(ctx context.Context, issuer string, at time.Time) ([]Entry, error)
}

// Filter narrows a list of certificates; zero fields narrow nothing.
type Filter struct {
	Kind HolderKind
	// Name is that of the holder, or a name of the certificate.
	Name string
	// Before is what it ends before.
	Before time.Time
	State  EntryState
	// Issuer is the id of an authority.
	Issuer string
	// At is what the time is.
	At time.Time
}

// EntryState is how a certificate stands.
type EntryState string

// The states of certificates.
const (
	Valid   EntryState = "valid"
	Revoked EntryState = "revoked"
	Expired EntryState = "expired"
)

// EntryStates returns all of them.
func EntryStates() []EntryState { return []EntryState{Valid, Revoked, Expired} }

// State is how the certificate stands at a time.
func (e Entry) State(at time.Time) EntryState {
	switch {
	case e.Revoked != nil:
		return Revoked
	case !at.Before(e.NotAfter):
		return Expired
	}
	return Valid
}

// Sealer seals for the platform, and opens.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Names knows who may have which names.
type Names interface {
	// Certifiable is nil for a name of DNS, which may begin with a wildcard, that certificates
	// of a scope may have; domain is that of a tenant that it lies in, "" for the zone.
	Certifiable(ctx context.Context, scope kernel.Scope, name string) (domain string, err error)
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's tenant that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Places knows the projects of tenants, and the stages that there are.
type Places interface {
	// Check is NotFound for a project or a stage that there is not.
	Check(ctx context.Context, scope kernel.Scope) error
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
