package factor

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Factors keeps factors. A second one of a credential is a Conflict.
type Factors interface {
	AddFactor(ctx context.Context, f Factor) error
	// FactorsOf returns those of somebody, the oldest first.
	FactorsOf(ctx context.Context, tenant, user string) ([]Factor, error)
	// ByCredential returns a passkey of any tenant: it says who has it.
	ByCredential(ctx context.Context, credential string) (Factor, error)
	// UseFactor keeps the data, the count and the times of one whose count is still as it
	// was seen, else it is Stale.
	UseFactor(ctx context.Context, f Factor, seen int64) error
	RemoveFactor(ctx context.Context, tenant, user, id string) error
	// RemoveAllOf removes factors, codes and tries of somebody.
	RemoveAllOf(ctx context.Context, tenant, user string) error
}

// Codes keeps recovery codes by their hashes.
type Codes interface {
	// PutCodes replaces those of somebody.
	PutCodes(ctx context.Context, tenant, user string, hashes []string) error
	// UseCode spends one; NotFound for none, and for one that is spent.
	UseCode(ctx context.Context, tenant, user, hash string, at time.Time) error
	// CountCodes returns how many there are, and how many of them are unused.
	CountCodes(ctx context.Context, tenant, user string) (all, left int, err error)
}

// Tries keeps how often somebody guessed.
type Tries interface {
	// Tries returns how often since the last success, and when last.
	Tries(ctx context.Context, tenant, user string) (count int, last time.Time, err error)
	// CountTry counts another where there are still as many as were seen, else it is Stale.
	CountTry(ctx context.Context, tenant, user string, seen int, at time.Time) error
	ForgetTries(ctx context.Context, tenant, user string) error
	// Hold has whoever else holds the same person wait for the transaction of ctx.
	Hold(ctx context.Context, tenant, user string) error
	// Spend keeps what is good once; Conflict for what is spent.
	Spend(ctx context.Context, id string, until time.Time) error
	// Sweep forgets what was spent and is too old by now.
	Sweep(ctx context.Context, now time.Time) error
}

// Rules keeps policies.
type Rules interface {
	// Policy returns a tenant's, Optional where none is set.
	Policy(ctx context.Context, tenant string) (Policy, error)
	PutPolicy(ctx context.Context, tenant string, p Policy) error
}

// Store is all that the room keeps.
type Store interface {
	Factors
	Codes
	Tries
	Rules
}

// Users knows people.
type Users interface {
	// Acting returns who has an id, unless they are kept out.
	Acting(ctx context.Context, tenant, id string) (kernel.Actor, error)
	// Find returns whose name it is, also somebody who is kept out.
	Find(ctx context.Context, tenant, name string) (kernel.Actor, error)
	// ProvePassword returns whose a password is.
	ProvePassword(ctx context.Context, tenant, name, password string) (kernel.Actor, error)
	// Administers reports whether somebody is an admin of anything.
	Administers(ctx context.Context, tenant, id string) (bool, error)
	// AuthorizeOver refuses admins of a tenant who would get at an operator of the platform.
	AuthorizeOver(ctx context.Context, tenant, id string) error
}

// Sessions ends what somebody is signed in to.
type Sessions interface {
	// EndAllOf ends all of it, and with tokens their personal tokens, too. It returns how
	// many tokens ended.
	EndAllOf(ctx context.Context, tenant, user string, tokens bool) (ended int, err error)
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

// Sealer encrypts what is kept, and what travels with a page.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Config is what a Service is made of.
type Config struct {
	Store      Store
	Tx         Tx
	Users      Users
	Sessions   Sessions
	Authorizer Authorizer
	Journal    Journal
	Sealer     Sealer
	// Address is under which browsers reach Terrace, without a slash at its end. Passkeys
	// are for its host, and there are none where that is an IP address.
	Address string
	Clock   kernel.Clock
	Log     *slog.Logger
}

// Service knows factors.
type Service struct {
	Config

	keys *webauthn.WebAuthn // nil where there are no passkeys
	host string
}

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c}
	s.host, s.keys = relyingParty(c.Address)
	return s
}

// relyingParty returns the party that passkeys of an address are for; nil where browsers
// make none: they want a name, and TLS for all but this machine.
func relyingParty(address string) (host string, keys *webauthn.WebAuthn) {
	u, err := url.Parse(address)
	if err != nil {
		return "", nil
	}
	host = u.Hostname()
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if host == "" || net.ParseIP(host) != nil || u.Scheme != "https" && !local {
		return host, nil
	}
	keys, err = webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: "Terrace", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return host, nil
	}
	return host, keys
}

// HasPasskeys reports whether browsers have passkeys for the address of this Terrace.
func (s *Service) HasPasskeys() bool { return s.keys != nil }

// Host is the name that passkeys are for.
func (s *Service) Host() string { return s.host }

// Has returns what somebody can prove themselves with.
func (s *Service) Has(ctx context.Context, who kernel.Actor) (h Has, err error) {
	all, err := s.Store.FactorsOf(ctx, who.Tenant, who.ID)
	if err != nil {
		return h, err
	}
	for _, f := range all {
		h.Passkeys = h.Passkeys || f.Kind == Passkey
		h.Codes = h.Codes || f.Kind == TOTP
	}
	h.Recovery, h.Left, err = s.Store.CountCodes(ctx, who.Tenant, who.ID)
	return h, err
}

// Requires reports whether the policy of the tenant asks somebody for a second factor,
// whether they have one or not.
func (s *Service) Requires(ctx context.Context, who kernel.Actor) (bool, error) {
	p, err := s.Store.Policy(ctx, who.Tenant)
	if err != nil || p != Admins {
		return p == Required, err
	}
	return s.Users.Administers(ctx, who.Tenant, who.ID)
}

// Asked reports whether a password alone does not sign somebody in.
func (s *Service) Asked(ctx context.Context, who kernel.Actor) (bool, error) {
	has, err := s.Has(ctx, who)
	if err != nil || has.Any() {
		return has.Any(), err
	}
	return s.Requires(ctx, who)
}

// Expected reports whether the tenant asks somebody for a second factor, and whether they
// have one.
func (s *Service) Expected(ctx context.Context, who kernel.Actor) (expected, has bool, err error) {
	if expected, err = s.Requires(ctx, who); err != nil || !expected {
		return expected, false, err
	}
	found, err := s.Has(ctx, who)
	return true, found.Any(), err
}

// Sweep forgets which challenges were used, once they are too old by themselves.
func (s *Service) Sweep(ctx context.Context) error { return s.Store.Sweep(ctx, s.Clock.Now()) }

// record notes a fact about somebody; by themselves where nobody is signed in yet.
func (s *Service) record(ctx context.Context, who kernel.Actor, typ, subject string, data map[string]any) error {
	if _, ok := kernel.ActorFrom(ctx); !ok {
		ctx = kernel.WithActor(ctx, who)
	}
	data["user"] = who.Name
	return s.Journal.Record(ctx, kernel.Fact{Type: typ, Scope: kernel.Scope{Tenant: who.Tenant}, Subject: subject, Data: data})
}
