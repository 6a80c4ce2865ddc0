package upstream

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// Upstreams keeps what tenants have. Names are unique in a tenant.
type Upstreams interface {
	Add(ctx context.Context, u Upstream) error
	// Put writes one over the revision that was seen, else it is Stale.
	Put(ctx context.Context, u Upstream, seen int64) error
	Remove(ctx context.Context, tenant, id string) error
	Upstream(ctx context.Context, tenant, name string) (Upstream, error)
	// Upstreams lists those of a tenant by name.
	Upstreams(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[Upstream], error)
	// Enabled returns those of a tenant that are on, by their order.
	Enabled(ctx context.Context, tenant string) ([]Upstream, error)
	// AnyEnabled reports whether any tenant has one that is on.
	AnyEnabled(ctx context.Context) (bool, error)
	// TenantsOf returns the tenants that have one which is on for a domain, two at most.
	TenantsOf(ctx context.Context, domain string) ([]string, error)
}

// Links keeps whose accounts are whose.
type Links interface {
	// AddLink keeps a link; a second of an account is a Conflict.
	AddLink(ctx context.Context, l Link) error
	LinkOf(ctx context.Context, upstream, subject string) (Link, error)
	Link(ctx context.Context, tenant, id string) (Link, error)
	// LinksOf lists those of a user.
	LinksOf(ctx context.Context, tenant, userID string, page kernel.PageRequest) (kernel.Page[Link], error)
	// LinkOfUser returns one that a user has at an upstream.
	LinkOfUser(ctx context.Context, upstream, userID string) (Link, error)
	// UseLink writes what the account is called at present, and when it was used.
	UseLink(ctx context.Context, l Link) error
	RemoveLink(ctx context.Context, tenant, id string) error
	// OnlyBy returns the ids of users who have accounts at an upstream, whom it made, and who
	// have none at another one.
	OnlyBy(ctx context.Context, upstream string) ([]string, error)
}

// Sessions keeps sign-ins at upstreams.
type Sessions interface {
	AddSession(ctx context.Context, s Session) error
	Session(ctx context.Context, id string) (Session, error)
	// SessionsOf returns those of an upstream that a filter leaves.
	SessionsOf(ctx context.Context, upstream string, f SessionFilter) ([]Session, error)
	RemoveSession(ctx context.Context, id string) error
	// Spend keeps a word that is good once; a second time is a Conflict.
	Spend(ctx context.Context, word string, until time.Time) error
	// Sweep removes what is over.
	Sweep(ctx context.Context, now time.Time) error
}

// Logouts keeps who has signed out at an upstream, for sign-ins that are on their way.
type Logouts interface {
	AddLogout(ctx context.Context, l Logout) error
	// LoggedOut reports whether a session, or all of its account, was ended there since a
	// time.
	LoggedOut(ctx context.Context, s Session, since time.Time) (bool, error)
	// Hold has who else holds the upstream wait for the transaction of ctx.
	Hold(ctx context.Context, upstream string) error
	// HoldSession does it for a sign-in there, and reports whether it is still kept.
	HoldSession(ctx context.Context, id string) (kept bool, err error)
}

// SessionFilter leaves the sessions of an account by its sub, those of one session there,
// or those of a link; an empty one leaves all.
type SessionFilter struct{ Subject, SID, Link string }

// Store is all that is kept.
type Store interface {
	Upstreams
	Links
	Sessions
	Logouts
}

// Users knows people.
type Users interface {
	// Federate adds a user without a password, by a name like the one that is said.
	Federate(ctx context.Context, tenant, name string, disabled bool) (kernel.Actor, error)
	// Acting returns who has an id, unless they are kept out.
	Acting(ctx context.Context, tenant, id string) (kernel.Actor, error)
	// Find returns whose name it is, also somebody who is kept out.
	Find(ctx context.Context, tenant, name string) (kernel.Actor, error)
	// Called returns the name of who has an id.
	Called(ctx context.Context, tenant, id string) (string, error)
	// OnPlatform reports whether somebody holds a role on the platform.
	OnPlatform(ctx context.Context, tenant, id string) (bool, error)
	// HasPassword reports whether somebody can sign in here.
	HasPassword(ctx context.Context, tenant, id string) (bool, error)
	// Disable keeps somebody out, and Delete removes them, in the transaction of ctx.
	Disable(ctx context.Context, tenant, id string) error
	Delete(ctx context.Context, tenant, id, reason string) error
}

// Access decides, and gives what rules give.
type Access interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// MayGive and MayGroup tell whether the actor of ctx may give a role, or put somebody
	// into a group.
	MayGive(ctx context.Context, tenant string, r Role) error
	MayGroup(ctx context.Context, tenant, group string) error
	// SyncGroups and SyncRoles give a user what a source says, and take what it no longer
	// says. What there is no more is returned.
	SyncGroups(ctx context.Context, tenant, userID, source string, names []string) (unknown []string, err error)
	SyncRoles(ctx context.Context, tenant, userID, source string, roles []Role) (unknown []Role, err error)
	// DropSource ends all that a source has said.
	DropSource(ctx context.Context, tenant, source string) error
}

// Local ends what Terrace gave for a sign-in at an upstream.
type Local interface {
	EndVia(ctx context.Context, via, why string) error
}

// Journal takes facts.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Sealer encrypts with the keys of a tenant, or of the platform.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Config is what a Service is made of.
type Config struct {
	Store   Store
	Users   Users
	Access  Access
	Local   Local
	Journal Journal
	Tx      Tx
	Sealer  Sealer
	// Secrets has the secrets that clients' secrets may refer to; nil takes no reference.
	Secrets Secrets
	// Address is that of Terrace, without a slash at its end.
	Address string
	// Guard says which upstreams may be called.
	Guard egress.Guard
	// Timeout bounds a call of an upstream; ten seconds unless it is said.
	Timeout time.Duration
	Clock   kernel.Clock
	Log     *slog.Logger
}

// Service has people sign in with other providers.
type Service struct {
	Config

	found found
	read  read
}

// askTimeout is how long an upstream may take to answer.
const askTimeout = 10 * time.Second

// New returns a service.
func New(c Config) *Service {
	c.Guard.What = "upstreams"
	if c.Timeout == 0 {
		c.Timeout = askTimeout
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c, read: read{of: map[string]readSecret{}}}
	s.found.ask = s.ask
	return s
}

func (s *Service) record(ctx context.Context, typ string, u Upstream, data map[string]any) error {
	if _, ok := kernel.ActorFrom(ctx); !ok {
		ctx = system(ctx, u.Tenant)
	}
	data["upstream"] = u.Name
	return s.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: kernel.Scope{Tenant: u.Tenant}, Subject: u.ID, Data: data})
}

func system(ctx context.Context, tenant string) context.Context {
	return kernel.WithActor(ctx, kernel.System("upstream", tenant))
}

// Sweep removes what is over.
func (s *Service) Sweep(ctx context.Context) error { return s.Store.Sweep(ctx, s.Clock.Now()) }
