package provider

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// Keys keeps signing keys. Numbers count per algorithm: a second of a number is a
// Conflict, so that of several replicas one adds a key.
type Keys interface {
	AddKey(ctx context.Context, k Key) error
	// EndKeys has the keys of an algorithm below a number published no longer than until.
	EndKeys(ctx context.Context, algorithm string, below int64, until time.Time) error
	// SigningKeys returns those that are published at a time, the oldest first.
	SigningKeys(ctx context.Context, at time.Time) ([]Key, error)
	RemoveKeys(ctx context.Context, before time.Time) (int64, error)
}

// Sessions keeps what clients were given.
type Sessions interface {
	// OpenSession keeps a session, and reports whether it is new.
	OpenSession(ctx context.Context, s Session) (bool, error)
	Session(ctx context.Context, id string) (Session, error)
	// EndSession ends one that has not ended, and reports whether it did.
	EndSession(ctx context.Context, id, why string, at time.Time) (bool, error)
	// SessionsOf returns those that hold: of a browser's sign-in, or of a client.
	SessionsOf(ctx context.Context, signIn, client string) ([]Session, error)
	// SessionsVia returns those that hold of what came by a sign-in at another provider.
	SessionsVia(ctx context.Context, via string) ([]Session, error)
	// MoveSessions gives those of a browser's sign-in to the one that follows it.
	MoveSessions(ctx context.Context, from, to string) error
	// SessionsOfUser returns those of somebody that hold.
	SessionsOfUser(ctx context.Context, tenant, user string) ([]Session, error)
	// Ended returns the ids of those that ended after a time.
	Ended(ctx context.Context, after time.Time) ([]string, error)
}

// Uses keeps when and from where sign-ins were used last.
type Uses interface {
	TouchSession(ctx context.Context, id, address string, at time.Time) error
	TouchSignIn(ctx context.Context, id, address string, at time.Time) error
}

// Owings keeps which clients are to be told that sessions have ended.
type Owings interface {
	// Owe has the client of a session told at a time; a zero time has it told no more.
	Owe(ctx context.Context, id string, at time.Time) error
	// Owed returns those whose clients are to be told by now.
	Owed(ctx context.Context, now time.Time, limit int) ([]Owed, error)
	// Try counts one try and puts the next one off, unless another process does it.
	Try(ctx context.Context, o Owed, next time.Time) (bool, error)
}

// Requests keeps codes and refresh tokens.
type Requests interface {
	AddRequest(ctx context.Context, r Request) error
	// Request returns one that was not removed; NotFound for none.
	Request(ctx context.Context, kind, hash string) (Request, error)
	// SpendRequest marks one as used; Stale where it is already.
	SpendRequest(ctx context.Context, kind, hash string) error
	RemoveRequest(ctx context.Context, kind, hash string) error
}

// Browsers keeps who is signed in where, and what they let clients do.
type Browsers interface {
	AddSignIn(ctx context.Context, s SignIn) error
	SignInByHash(ctx context.Context, hash string) (SignIn, error)
	EndSignIn(ctx context.Context, id string, at time.Time) (bool, error)
	// SignInsOf returns those of somebody that have not ended.
	SignInsOf(ctx context.Context, tenant, user string) ([]SignIn, error)
	// SignInsVia returns those that have not ended of a sign-in at another provider.
	SignInsVia(ctx context.Context, via string) ([]SignIn, error)
	// Consent returns the scopes that a person let a client have.
	Consent(ctx context.Context, tenant, user, client string) ([]string, error)
	PutConsent(ctx context.Context, tenant, user, client string, scopes []string, at time.Time) error
}

// Clients keeps the programs that may ask people to sign in.
type Clients interface {
	AddClient(ctx context.Context, c Client) error
	// Client returns one of any tenant: its id is what a request has.
	Client(ctx context.Context, id string) (Client, error)
	// ClientNamed returns one of a tenant by its name.
	ClientNamed(ctx context.Context, tenant, name string) (Client, error)
	Clients(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[Client], error)
	SetSecret(ctx context.Context, tenant, id, hash string) error
	RemoveClient(ctx context.Context, tenant, id string) error
}

// Devices keeps sign-ins of machines without a browser (RFC 8628).
type Devices interface {
	AddDevice(ctx context.Context, d Device) error
	DeviceByHash(ctx context.Context, hash string) (Device, error)
	DeviceByCode(ctx context.Context, code string) (Device, error)
	// PutDevice writes one over the status that was seen, else it is Stale.
	PutDevice(ctx context.Context, d Device, seen DeviceStatus) error
}

// Naming keeps what tokens have as iss, for processes that verify them and give none.
type Naming interface {
	// Issuer returns it, "" where none was kept yet; SetIssuer keeps it where Advance was
	// called before.
	Issuer(ctx context.Context) (string, error)
	SetIssuer(ctx context.Context, issuer string) error
}

// Upkeep tells of changes, and removes what is over.
type Upkeep interface {
	Owings
	// Revision returns how often keys and sessions that ended have changed; Advance
	// counts a change.
	Revision(ctx context.Context) (int64, error)
	Advance(ctx context.Context) error
	Naming
	// Sweep removes what nobody can use since a time.
	Sweep(ctx context.Context, before time.Time) (int64, error)
}

// Store is all that the provider keeps.
type Store interface {
	Keys
	Sessions
	Uses
	Requests
	Browsers
	Clients
	Devices
	Upkeep
}

// Users knows people.
type Users interface {
	// ProvePassword returns whose a password is. They may have more to prove.
	ProvePassword(ctx context.Context, tenant, name, password string) (kernel.Actor, error)
	// Acting returns who has an id, unless they are kept out.
	Acting(ctx context.Context, tenant, id string) (kernel.Actor, error)
	// Find returns who has a name, whether they are kept out or not.
	Find(ctx context.Context, tenant, name string) (kernel.Actor, error)
}

// Programs knows service accounts by their tokens.
type Programs interface {
	// Authenticate returns who a token stands for; the error is Unauthenticated for one
	// that does not hold.
	Authenticate(ctx context.Context, bearer string) (kernel.Actor, error)
}

// Resources knows the APIs behind this installation.
type Resources interface {
	// Audiences returns whom tokens of this issuer are taken for by the APIs of a tenant,
	// as absolute URIs (RFC 8707 §2).
	Audiences(tenant string) []string
}

// Groups knows which groups somebody is in.
type Groups interface {
	GroupsOf(ctx context.Context, tenant, id string) ([]string, error)
}

// Vias knows sign-ins at other providers.
type Vias interface {
	// Lasts reports whether one has not been ended.
	Lasts(ctx context.Context, via string) (bool, error)
}

// Factors knows of whom a tenant asks for a second factor.
type Factors interface {
	Requires(ctx context.Context, who kernel.Actor) (bool, error)
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

// Sealer encrypts what is kept.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Config is what a Service is made of.
type Config struct {
	Store      Store
	Tx         Tx
	Users      Users
	Programs   Programs  // nil lets none sign in
	Resources  Resources // nil has programs get tokens for Terrace alone
	Groups     Groups    // nil tells none
	Vias       Vias      // nil lets all last
	Factors    Factors   // nil asks nobody for one
	Authorizer Authorizer
	Journal    Journal
	Sealer     Sealer
	// Guard says where the back channels of clients may be.
	Guard egress.Guard
	// Issuer is the address under which others reach Terrace, without a slash at its end.
	Issuer string
	// Tenant is signed in to where nobody names one.
	Tenant string
	Clock  kernel.Clock
	Log    *slog.Logger
}

// Service is the provider.
type Service struct {
	Config

	known    atomic.Pointer[known]
	reading  sync.Mutex
	turn     atomic.Int64
	failed   failure
	verified *verified
	tries    *tries
	begun    begun
	asked    asked
}

// New returns a provider.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: c, verified: newVerified(), tries: newTries()}
}
