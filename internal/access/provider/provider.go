// Package provider makes Terrace an OpenID provider: it knows the programs that
// may ask people to sign in, the browsers in which somebody is signed in, the
// sessions that were given to programs, and the keys that sign tokens.
//
// It owns what an access token says and whether it still holds. It does not own
// who somebody is (access/identity), how OAuth speaks (provider/oauth, on fosite)
// nor the pages that people see (provider/providerapi).
package provider

import (
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The scopes that a client can ask for (OpenID Connect Core §5.4 and Terrace's own).
const (
	ScopeOpenID  = "openid"
	ScopeProfile = "profile"
	ScopeOffline = "offline_access"
	ScopeGroups  = "groups"
)

// Scopes returns every scope, those of the API last.
func Scopes() []string {
	return append([]string{ScopeOpenID, ScopeProfile, ScopeOffline, ScopeGroups}, kernel.TokenScopes()...)
}

// The grants of OAuth (RFC 6749 §1.3 and its extensions).
const (
	GrantCode     = "authorization_code"
	GrantRefresh  = "refresh_token"
	GrantClient   = "client_credentials"
	GrantDevice   = "urn:ietf:params:oauth:grant-type:device_code"
	GrantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
)

// Grants returns every grant.
func Grants() []string {
	return []string{GrantCode, GrantRefresh, GrantClient, GrantDevice, GrantExchange}
}

// ClientGrants returns the grants that a client can be registered with. A program that
// signs in for itself is a service account, which has roles.
func ClientGrants() []string { return []string{GrantCode, GrantRefresh, GrantDevice, GrantExchange} }

// How long things last. What Terrace signs ends within MaxTokenLife.
const (
	AccessLife   = 10 * time.Minute
	IDTokenLife  = 10 * time.Minute
	CodeLife     = time.Minute
	DeviceLife   = 10 * time.Minute
	RefreshLife  = 30 * 24 * time.Hour
	SessionLife  = 90 * 24 * time.Hour
	SignInLife   = 12 * time.Hour
	TicketLife   = 30 * time.Minute
	MaxTokenLife = 10 * time.Minute
)

// The algorithms that Terrace signs with (RFC 7518 §3.1).
const (
	ES256 = "ES256"
	RS256 = "RS256"
)

// CLI is the id of the client that every Terrace has: the program terrace.
const CLI = "terrace-cli"

// Client is a program that may ask people to sign in, or that signs in itself.
type Client struct {
	ID string
	// Tenant is whose people may use it; "" is everybody, for what Terrace brings itself.
	Tenant string
	Name   string
	// Public clients keep no secret: they run on people's machines.
	Public bool
	// Secret is the SHA-256 of the secret, in hex; it has 256 random bits.
	Secret string
	// Redirects and LogoutRedirects are where people may be sent back to, to the letter;
	// the port of a loopback address is free (RFC 8252 §7.3).
	Redirects       []string
	LogoutRedirects []string
	Grants          []string
	Scopes          []string
	// Audiences are whom its access tokens may be for, beside Terrace itself.
	Audiences []string
	// Algorithm signs its ID tokens.
	Algorithm string
	// BackchannelLogout is where it is told that somebody was signed out, "" for nowhere
	// (OpenID Connect Back-Channel Logout 1.0 §2.2).
	BackchannelLogout string
	CreatedAt         time.Time
}

// Native reports whether it runs on people's machines, so that any program there can
// say that it is this one (RFC 8252 §8.6).
func (c Client) Native() bool { return c.Public }

// BuiltIn reports whether the client came with Terrace.
func (c Client) BuiltIn() bool { return c.Tenant == "" }

// builtIn returns the client of every Terrace.
func builtIn(id, issuer string) (Client, bool) {
	if id != CLI {
		return Client{}, false
	}
	return Client{
		ID: CLI, Name: "The command line terrace", Public: true,
		Redirects: []string{"http://127.0.0.1/callback", "http://[::1]/callback"},
		Grants:    []string{GrantCode, GrantRefresh, GrantDevice, GrantExchange},
		Scopes:    Scopes(), Audiences: []string{issuer}, Algorithm: ES256,
	}, true
}

// SignIn is a browser in which somebody is signed in.
type SignIn struct {
	ID     string
	Tenant string
	UserID string
	// Hash is the SHA-256 of the cookie.
	Hash string
	// Methods are how they proved who they are (RFC 8176).
	Methods []string
	// Via is the sign-in at another provider that it came by, "" for none.
	Via string
	// At is when they did; zero where another provider does not say it.
	At        time.Time
	ExpiresAt time.Time
	EndedAt   time.Time
	// Address is where it was used from last, and UsedAt when.
	Address string
	UsedAt  time.Time
}

// Since reports whether it was proven at a time or later who they are. Of what another
// provider does not say when, nobody knows.
func (s SignIn) Since(at time.Time) bool { return !s.At.IsZero() && !s.At.Before(at) }

// Began returns when the browser was given it.
func (s SignIn) Began() time.Time { return s.ExpiresAt.Add(-SignInLife) }

// holds reports whether the sign-in is good at a time.
func (s SignIn) holds(now time.Time) bool { return s.EndedAt.IsZero() && s.ExpiresAt.After(now) }

// Level is the authentication context class (OpenID Connect Core §2): LevelStrong with
// a second factor, "1" without.
func (s SignIn) Level() string {
	if slices.Contains(s.Methods, "mfa") {
		return LevelStrong
	}
	return "1"
}

// LevelStrong is the class of who has proven more than one factor.
const LevelStrong = "2"

// Session is what one sign-in gave one client: tokens of it name it as sid.
type Session struct {
	ID      string
	Tenant  string
	Subject string
	Client  string
	// SignIn is the browser's, "" where there was none.
	SignIn string
	// Via is the sign-in at another provider that it came by, "" for none.
	Via       string
	Scopes    []string
	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   time.Time
	// Why it ended, for people.
	Why string
	// Kind is how the program was let in, and Methods how its person proved who they are.
	Kind    ActiveKind
	Methods []string
	// Address is where it got tokens from last, and UsedAt when.
	Address string
	UsedAt  time.Time
}

// Request is something that is kept for the time between two steps of OAuth: a code,
// what belongs to it, a refresh token. Its secret is known to its bearer alone.
type Request struct {
	Kind string
	// Hash is the SHA-256 of the secret, in hex.
	Hash string
	// Session is the id of the session that it leads to.
	Session string
	Body    []byte
	// Spent says that it was used, and is kept to know it when it comes again.
	Spent     bool
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Claims are what an access token says (RFC 9068).
type Claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience []string `json:"aud"`
	Expires  int64    `json:"exp"`
	IssuedAt int64    `json:"iat"`
	ID       string   `json:"jti"`
	Client   string   `json:"client_id"`
	Scope    string   `json:"scope"`
	Tenant   string   `json:"tenant"`
	Session  string   `json:"sid"`
	// Projects and Stages are those that the token is limited to, none for no limit.
	Projects []string `json:"projects,omitempty"`
	Stages   []string `json:"stages,omitempty"`
	AuthTime int64    `json:"auth_time,omitempty"`
	// Actor is who acts for the subject, after an exchange (RFC 8693 §4.1).
	Actor *ActorClaim `json:"act,omitempty"`
	// Exchanged are the ids of the exchanged tokens that it was made of: it ends with each.
	Exchanged []string `json:"exchanged,omitempty"`
}

// Chain returns the ids of the exchanged tokens that it was made of, and its own where it is
// one.
func (c Claims) Chain() []string {
	if c.Actor == nil {
		return nil
	}
	return append(slices.Clip(c.Exchanged), c.ID)
}

// ActorClaim names who acts.
type ActorClaim struct {
	Subject string `json:"sub"`
}

// For reports whether the token is for an audience.
func (c Claims) For(audience string) bool { return slices.Contains(c.Audience, audience) }
