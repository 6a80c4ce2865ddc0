package identity

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// Users keeps users. Names are unique in a tenant: a second is a Conflict.
type Users interface {
	AddUser(ctx context.Context, u User) error
	UserByName(ctx context.Context, tenant, name string) (User, error)
	UserByID(ctx context.Context, tenant, id string) (User, error)
	Users(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[User], error)
	// HasUsers reports whether anybody has an account in the tenant.
	HasUsers(ctx context.Context, tenant string) (bool, error)
}

// Accounts keeps how users get in.
type Accounts interface {
	SetPassword(ctx context.Context, tenant, id, hash string) error
	// SetDisabled keeps since when a user is kept out; zero lets them in.
	SetDisabled(ctx context.Context, tenant, id string, at time.Time) error
}

// Tokens keeps personal tokens.
type Tokens interface {
	AddToken(ctx context.Context, t Token) error
	TokenByHash(ctx context.Context, hash string) (Token, error)
	TouchToken(ctx context.Context, tenant, id string, at time.Time) error
	TokensOf(ctx context.Context, tenant, userID string, page kernel.PageRequest) (kernel.Page[Token], error)
	RemoveToken(ctx context.Context, tenant, userID, id string) error
}

// Members keeps roles.
type Members interface {
	PutMembership(ctx context.Context, tenant string, m Membership) error
	RemoveMembership(ctx context.Context, tenant, project, userID string) error
	MembershipsOf(ctx context.Context, tenant, userID string) ([]Membership, error)
	Members(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Membership], error)
	// WithRoles returns users that have one of roles in the scope's project or
	// the whole tenant and are not kept out, by name, at most limit.
	WithRoles(ctx context.Context, scope kernel.Scope, roles []Role, limit int) ([]string, error)
}

// Standings tells what subjects are, and whether that has changed.
type Standings interface {
	// Revision returns how often the tenant's access has changed.
	Revision(ctx context.Context, tenant string) (int64, error)
	// Advance counts a change; who else changes the tenant waits for the transaction of ctx.
	Advance(ctx context.Context, tenant string) error
	// Standing returns what a subject is, or NotFound.
	Standing(ctx context.Context, tenant, id string) (Standing, error)
}

// Store is all that identity keeps. Claim takes the right to bootstrap a
// tenant; the second claim is a Conflict.
type Store interface {
	Users
	Accounts
	Tokens
	Members
	Standings
	Claim(ctx context.Context, tenant string, at time.Time) error
}

// Projects knows which projects there are; a missing one is NotFound.
type Projects interface {
	Exists(ctx context.Context, scope kernel.Scope) error
}

// Journal takes facts.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// AccessTokens verifies what the OpenID provider has given.
type AccessTokens interface {
	// LooksLike reports whether a bearer token has the form of one.
	LooksLike(bearer string) bool
	Verify(ctx context.Context, bearer string) (kernel.Actor, error)
}

// Config is what a Service is made of.
type Config struct {
	Store    Store
	Tx       Tx
	Projects Projects
	Journal  Journal
	// Runs verifies run tokens; nil accepts none.
	Runs *tokens.Issuer
	// Access verifies access tokens; nil accepts none.
	Access AccessTokens
	// Clock is the system's where nil.
	Clock kernel.Clock
	// Logger is told of failed sign-ins; nil logs nothing.
	Logger *slog.Logger
}

// Service answers who somebody is and what they may do.
type Service struct {
	Config
	hasher   hasher
	throttle *throttle
	views    *views
	table    map[string]Decision
}

// New returns a service.
func New(c Config) *Service {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: c, hasher: newHasher(), throttle: newThrottle(), views: newViews(), table: Decisions()}
}
