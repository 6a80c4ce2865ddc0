package acme

import (
	"context"
	"crypto"
	"crypto/x509"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Accounts keeps accounts; acmesql implements it.
type Accounts interface {
	// InsertAccount adds one; a second of its key is a Conflict.
	InsertAccount(ctx context.Context, a Account) error
	// SaveAccount changes one that nobody has changed meanwhile, or is Stale.
	SaveAccount(ctx context.Context, a Account) error
	Account(ctx context.Context, id string) (Account, error)
	AccountByKey(ctx context.Context, thumbprint string) (Account, error)
	// AccountsOf returns those that a key binds.
	AccountsOf(ctx context.Context, key string) ([]Account, error)
	// CountAccounts counts those that a key binds, or the ones without a key for "", that were
	// made since.
	CountAccounts(ctx context.Context, key string, since time.Time) (int, error)
}

// Orders keeps orders; acmesql implements it.
type Orders interface {
	InsertOrder(ctx context.Context, o Order) error
	SaveOrder(ctx context.Context, o Order) error
	Order(ctx context.Context, id string) (Order, error)
	// HoldOrder has nobody else change an order until the transaction ends.
	HoldOrder(ctx context.Context, id string) error
	// OrdersOf returns the ids of an account's, the newest first, from before an id on.
	OrdersOf(ctx context.Context, account, before string, limit int) ([]string, error)
	// CountOrders counts an account's that were made since, and those of them that are under way.
	CountOrders(ctx context.Context, account string, since, now time.Time) (made, open int, err error)
}

// Authorizations keeps authorizations; acmesql implements it.
type Authorizations interface {
	InsertAuthorizations(ctx context.Context, all []Authorization) error
	// SaveAuthorization changes one that nobody has changed meanwhile, or is Stale.
	SaveAuthorization(ctx context.Context, a Authorization) error
	Authorization(ctx context.Context, id string) (Authorization, error)
	AuthorizationsOf(ctx context.Context, order string) ([]Authorization, error)
	// Due returns the one that is due for longest and is none of busy; ok is false for none.
	Due(ctx context.Context, now time.Time, busy []string) (a Authorization, ok bool, err error)
	// ProvenNames returns which names an account has valid authorizations of.
	ProvenNames(ctx context.Context, account string, names []string, now time.Time) ([]string, error)
}

// Certificates keeps certificates; acmesql implements it.
type Certificates interface {
	InsertCertificate(ctx context.Context, c Certificate) error
	SaveCertificate(ctx context.Context, c Certificate) error
	Certificate(ctx context.Context, serial string) (Certificate, error)
}

// Keys keeps keys that bind accounts; acmesql implements it.
type Keys interface {
	InsertKey(ctx context.Context, k Key) error
	SaveKey(ctx context.Context, k Key) error
	// Key returns one of a tenant, of any for "".
	Key(ctx context.Context, tenant, id string) (Key, error)
	// ListKeys returns those of a tenant that are reached, without secrets, by id.
	ListKeys(ctx context.Context, tenant string, reach kernel.Reach, page kernel.PageRequest) (kernel.Page[Key], error)
	CountKeys(ctx context.Context, tenant string) (int, error)
}

// Ledger knows which nonces were used, and forgets what is over; acmesql implements it.
type Ledger interface {
	// UseNonce is a Conflict where the nonce was used before.
	UseNonce(ctx context.Context, nonce string, expires time.Time) error
	// Sweep removes a bounded number of rows of each kind that are over before a time, and of
	// accounts that no key binds, that are older than idle and have nothing; it tells how many
	// those were. An account that was ended stays: its key is not to make another.
	Sweep(ctx context.Context, before, idle time.Time) (int, error)
}

// Request is what an Issuer is asked for.
type Request struct {
	Scope   kernel.Scope
	Account string
	// DNSNames are in lower case.
	DNSNames  []string
	PublicKey crypto.PublicKey
	// NotBefore and NotAfter may be zero: then the issuer chooses.
	NotBefore, NotAfter time.Time
}

// Issued is a certificate that was made.
type Issued struct {
	// Serial is in lower-case hex.
	Serial string
	Leaf   *x509.Certificate
	// Chains have the leaf first; there is one at least. The first chain has the certificate of
	// what has signed the leaf as well, though it be a root: certbot takes none that is shorter.
	Chains [][]*x509.Certificate
}

// Issuer signs certificates.
type Issuer interface {
	// Issue takes part in the transaction of the context.
	Issue(ctx context.Context, r Request) (Issued, error)
	// Revoke has who checks certificates learn that one does not count any more; reason is the
	// code of RFC 5280 §5.3.1.
	Revoke(ctx context.Context, scope kernel.Scope, serial string, reason int) error
}

// Names knows whose a name is.
type Names interface {
	// Check refuses a name, without the asterisk of a wildcard, that is not the scope's to have.
	Check(ctx context.Context, scope kernel.Scope, name string, wildcard bool) error
}

// Sought is a challenge that is looked for.
type Sought struct {
	// Scope is the account's.
	Scope kernel.Scope
	// Kind is the type of the challenge, and Name what it is to prove.
	Kind, Name string
	Token      string
	// Authorization is the key authorization (RFC 8555 §8.1).
	Authorization string
}

// Prober looks whether a challenge is met; Probe implements it.
type Prober interface {
	// Look returns nil where it is.
	Look(ctx context.Context, c Sought) *Problem
}

// Sealer seals for the platform and for a tenant, and opens.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Places knows the projects of tenants, and the stages that there are.
type Places interface {
	// Check is NotFound for a tenant, a project or a stage that there is not.
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
