package acme

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The actions.
const (
	actionRead  = "acme.read"
	actionWrite = "acme.write"
)

// Limits bound what accounts do. Zero ones are those of DefaultLimits.
type Limits struct {
	// Identifiers is how many names an order may have.
	Identifiers int
	// OpenOrders is how many orders of an account may be under way, and Orders how many it may
	// make in OrdersIn.
	OpenOrders, Orders int
	OrdersIn           time.Duration
	// AccountsOfKey is how many accounts a key binds; OpenAccounts how many may be made without
	// one in an hour, by anybody.
	AccountsOfKey, OpenAccounts int
	// Keys is how many keys a tenant may have.
	Keys int
	// OrderLife is how long an order waits for its challenges and its request, ProofLife how
	// long a proven authorization holds.
	OrderLife, ProofLife time.Duration
	// Attempts is how often a challenge is looked at before it has failed, FirstPause how long
	// after the first time, twice as long after each further one.
	Attempts   int
	FirstPause time.Duration
	// Kept is how long what is over is kept.
	Kept time.Duration
	// MaxLife is how long a certificate may be asked for.
	MaxLife time.Duration
}

// DefaultLimits returns those of an installation that sets none.
func DefaultLimits() Limits {
	return Limits{
		Identifiers: 100, OpenOrders: 300, Orders: 1000, OrdersIn: 3 * time.Hour, AccountsOfKey: 100, OpenAccounts: 100, Keys: 1000,
		OrderLife: 24 * time.Hour, ProofLife: 7 * 24 * time.Hour, Attempts: 5, FirstPause: 2 * time.Second, Kept: 7 * 24 * time.Hour, MaxLife: 90 * 24 * time.Hour,
	}
}

// Config is what a Service needs.
type Config struct {
	Accounts       Accounts
	Orders         Orders
	Authorizations Authorizations
	Certificates   Certificates
	Keys           Keys
	Ledger         Ledger

	Issuer     Issuer
	Names      Names
	Prober     Prober
	Sealer     Sealer
	Places     Places
	Authorizer Authorizer
	Journal    Journal
	Tx         Tx
	Clock      kernel.Clock
	Log        *slog.Logger
	// Open is the scope of accounts that are made without a key; nil has every account need one.
	Open *kernel.Scope
	// Terms is the address of the terms of service, "" for none.
	Terms  string
	Limits Limits
}

// Service keeps what ACME is about, and decides.
type Service struct {
	Config

	bell  *rounds.Bell
	turns *rounds.Turns
}

// atOnce is how many challenges are looked at at once.
const atOnce = 16

// New returns a service.
func New(c Config) *Service {
	if c.Limits == (Limits{}) {
		c.Limits = DefaultLimits()
	}
	return &Service{Config: c, bell: rounds.NewBell(), turns: &rounds.Turns{Most: atOnce}}
}

// acting is a context in which an account acts.
func acting(ctx context.Context, a Account) context.Context {
	return kernel.WithActor(ctx, kernel.Actor{ID: a.ID, Name: "acme:" + a.ID, Kind: kernel.ActorService, Tenant: a.Scope.Tenant})
}

// retries is how often a change is tried again that another came before.
const retries = 5

// change runs a transaction, again where another has changed the same meanwhile.
func (s *Service) change(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	for range retries {
		if err = s.Tx.InTx(ctx, fn); !kernel.Is(err, kernel.Stale) {
			return err
		}
	}
	return err
}

// random returns so many random bytes as base64url.
func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}
