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
	SetPassword(ctx context.Context, tenant, id, hash string, given bool) error
	// SetDisabled keeps since when a user is kept out; zero lets them in.
	SetDisabled(ctx context.Context, tenant, id string, at time.Time) error
	// RemoveUser removes a user with their groups and elevations, who has no grant any more.
	RemoveUser(ctx context.Context, tenant, id string) error
	// OwnedBy returns the names of the service accounts that a user answers for, and HandOver
	// has another one answer for them.
	OwnedBy(ctx context.Context, tenant, id string) ([]string, error)
	HandOver(ctx context.Context, tenant, from, to string) error
}

// Tokens keeps tokens of users and service accounts.
type Tokens interface {
	AddToken(ctx context.Context, t Token) error
	TokenByHash(ctx context.Context, hash string) (Token, error)
	// TouchToken notes when a token, and the service account that it is of, was used.
	TouchToken(ctx context.Context, t Token, at time.Time) error
	TokensOf(ctx context.Context, tenant, subject string, page kernel.PageRequest) (kernel.Page[Token], error)
	RemoveToken(ctx context.Context, tenant, subject, id string) error
}

// Grants keeps roles.
type Grants interface {
	// PutGrant keeps a grant. One that is like it, but for its end, gets that end; its id
	// is returned.
	PutGrant(ctx context.Context, g Grant) (id string, err error)
	Grant(ctx context.Context, tenant, id string) (Grant, error)
	RemoveGrant(ctx context.Context, tenant, id string) error
	RemoveGrantsOf(ctx context.Context, tenant, subject string) error
	Grants(ctx context.Context, tenant string, f GrantFilter, page kernel.PageRequest) (kernel.Page[Grant], error)
	// Holders returns the names of users who are not kept out and hold a role at a node.
	Holders(ctx context.Context, h Holding) ([]string, error)
	Elevations
}

// Groups keeps groups and who is in them. Names are unique in a tenant.
type Groups interface {
	AddGroup(ctx context.Context, g Group) error
	GroupByName(ctx context.Context, tenant, name string) (Group, error)
	Groups(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[Group], error)
	RemoveGroup(ctx context.Context, tenant, id string) error
	GroupMembers
	Sources
}

// Sources keeps what upstreams say of users.
type Sources interface {
	// GrantsFrom returns the roles that a user or a group has because a source says so; ""
	// is people.
	GrantsFrom(ctx context.Context, tenant, subject, source string) ([]Grant, error)
	// UsersFrom returns the ids of users of whom a source says something.
	UsersFrom(ctx context.Context, tenant, source string) ([]string, error)
}

// GroupMembers keeps who is in which group, and who says so.
type GroupMembers interface {
	// AddGroupMember and RemoveGroupMember report whether that changed anything.
	AddGroupMember(ctx context.Context, tenant, group string, m GroupMember) (bool, error)
	RemoveGroupMember(ctx context.Context, tenant, group string, m GroupMember) (bool, error)
	GroupMembers(ctx context.Context, tenant, group string, page kernel.PageRequest) (kernel.Page[GroupMember], error)
	// GroupsOf returns the groups that a user is in because the source says so; "" is any.
	GroupsOf(ctx context.Context, tenant, userID, source string) ([]Group, error)
}

// ServiceAccounts keeps service accounts. Names are unique in a tenant.
type ServiceAccounts interface {
	AddService(ctx context.Context, a ServiceAccount) error
	ServiceByName(ctx context.Context, tenant, name string) (ServiceAccount, error)
	Services(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[ServiceAccount], error)
	SetServiceDisabled(ctx context.Context, tenant, id string, at time.Time) error
	RemoveService(ctx context.Context, tenant, id string) error
}

// Elevations keeps elevations.
type Elevations interface {
	AddElevation(ctx context.Context, e Elevation) error
	// WaitingElevations counts what a user asked for since a moment and nobody decided on.
	WaitingElevations(ctx context.Context, tenant, user string, since time.Time) (int, error)
	// SaveElevation writes what came of one that nobody has decided on, or ended, since it
	// was read; else it is Stale.
	SaveElevation(ctx context.Context, before, after Elevation) error
	Elevation(ctx context.Context, tenant, id string) (Elevation, error)
	Elevations(ctx context.Context, tenant string, f ElevationFilter, page kernel.PageRequest) (kernel.Page[Elevation], error)
	// ExpiredElevations returns some, of all tenants, whose time was over before a moment
	// and whose end nobody has noted, the oldest first.
	ExpiredElevations(ctx context.Context, before time.Time, limit int) ([]Elevation, error)
	ElevationRules
}

// ElevationRules keeps who else decides on elevations.
type ElevationRules interface {
	// ElevationRule returns who decides at the scope's node itself, an empty one where
	// nothing is set.
	ElevationRule(ctx context.Context, scope kernel.Scope) (ElevationRule, error)
	// ElevationRules are those of all nodes of a tenant.
	ElevationRules(ctx context.Context, tenant string) ([]ElevationRule, error)
	PutElevationRule(ctx context.Context, scope kernel.Scope, r ElevationRule) error
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
	Grants
	Groups
	ServiceAccounts
	Standings
	Claim(ctx context.Context, tenant string, at time.Time) error
}

// Projects knows which projects there are; a missing one is NotFound.
type Projects interface {
	Exists(ctx context.Context, scope kernel.Scope) error
}

// Stages knows which stages there are; a missing one is NotFound.
type Stages interface {
	Check(name string) error
}

// Journal takes facts.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a function in a transaction.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Tenants knows how tenants stand.
type Tenants interface {
	// Closed tells why nobody works in a tenant, nil where somebody may.
	Closed(ctx context.Context, tenant string) error
}

// AccessTokens verifies what the OpenID provider has given.
type AccessTokens interface {
	// LooksLike reports whether a bearer token has the form of one.
	LooksLike(bearer string) bool
	Verify(ctx context.Context, bearer string) (kernel.Actor, error)
	// EndWithToken ends those that were made of a token, in the transaction of ctx.
	EndWithToken(ctx context.Context, token string) error
	// EndOthersOf signs a user out everywhere but in a session, and EndAllOf everywhere, in
	// the transaction of ctx.
	EndOthersOf(ctx context.Context, tenant, user, session string) error
	EndAllOf(ctx context.Context, tenant, user, why string) error
}

// Factors knows of whom more is asked than a password.
type Factors interface {
	// Asked reports whether a password alone does not sign somebody in.
	Asked(ctx context.Context, who kernel.Actor) (bool, error)
	// Expected reports whether the tenant asks somebody for a factor, and whether they have
	// one.
	Expected(ctx context.Context, who kernel.Actor) (expected, has bool, err error)
}

// Config is what a Service is made of.
type Config struct {
	Store    Store
	Tx       Tx
	Projects Projects
	Journal  Journal
	// Stages is asked for those of grants and tokens; nil lets any name be.
	Stages Stages
	// Runs verifies run tokens; nil accepts none.
	Runs *tokens.Issuer
	// Tenants knows which tenants nobody works in; nil knows none.
	Tenants Tenants
	// Access verifies access tokens; nil accepts none.
	Access AccessTokens
	// Factors has passwords alone refused; nil asks for no more of anybody.
	Factors Factors
	// Forgetters are asked, in their order, when a user is deleted.
	Forgetters []Forgetter
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
