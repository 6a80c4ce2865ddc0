package vaultcert

import (
	"context"
	"crypto/x509"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Store keeps certificates; vaultcertsql implements it.
type Store interface {
	// Get returns one, or NotFound.
	Get(ctx context.Context, scope kernel.Scope, name string) (Certificate, error)
	// List returns those of a stage by name.
	List(ctx context.Context, scope kernel.Scope, page kernel.PageRequest) (kernel.Page[Certificate], error)
	// Count returns how many a stage has beside one that has a name.
	Count(ctx context.Context, scope kernel.Scope, beside string) (int, error)
	// Put keeps one over any that has its name, and takes it from who works on it.
	Put(ctx context.Context, c Certificate) error
	// Save keeps one that nobody has changed since it was read, with the next revision, or is
	// Stale.
	Save(ctx context.Context, c Certificate) error
	// Delete forgets one; NotFound where there is none.
	Delete(ctx context.Context, scope kernel.Scope, name string) error
	// Due returns some of all tenants with something to do by a moment.
	Due(ctx context.Context, now time.Time, limit int) ([]Certificate, error)
	// Soonest tells when there is something to do next.
	Soonest(ctx context.Context) (at time.Time, ok bool, err error)
}

// Held is a version of a certificate in a vault.
type Held struct {
	// Version is the vault's id of it.
	Version string
	Enabled bool
	Tags    map[string]string
	// DER is the certificate, nil for one that waits to be signed.
	DER []byte
}

// Wanted is the certificate that a vault makes a key for.
type Wanted struct {
	Hosts []string
	Life  time.Duration
	Tags  map[string]string
}

// Pair is a certificate with its chain and its key, both as PEM.
type Pair struct{ Chain, Key []byte }

// Vault is one key vault, as far as it keeps certificates. Its errors are vaultsync.Outages
// where they are about the vault as a whole.
type Vault interface {
	// Newest returns the newest version, or NotFound.
	Newest(ctx context.Context, name string) (Held, error)
	// Request returns a request for a certificate (PKCS #10, DER), whose key the vault has made:
	// the one that waits already, where there is one.
	Request(ctx context.Context, name string, w Wanted) ([]byte, error)
	// Merge gives the vault what was signed for that request, as DER and the leaf first.
	Merge(ctx context.Context, name string, chain [][]byte, tags map[string]string) (Held, error)
	// Import gives the vault a certificate with its key.
	Import(ctx context.Context, name string, p Pair, tags map[string]string) (Held, error)
	// Export returns a version with its chain and its key.
	Export(ctx context.Context, name, version string) (Pair, error)
}

// Vaults opens the vault of a stage; keyvault implements it.
type Vaults interface {
	Certificates(ctx context.Context, y vaultsync.Sync) (Vault, error)
}

// Syncs knows which vault a stage has, NotFound for none; vaultsyncsql implements it.
type Syncs interface {
	Get(ctx context.Context, scope kernel.Scope) (vaultsync.Sync, error)
}

// Order asks the authority for a certificate.
type Order struct {
	Scope kernel.Scope
	// Lies is the address that the certificate has in the vault.
	Lies  string
	Hosts []string
	// Request is PKCS #10 as DER, of which the key alone counts.
	Request []byte
	Life    time.Duration
	// Before is the serial of the one in whose place it comes, "" for none.
	Before string
}

// Authority is Terrace's.
type Authority interface {
	// Check refuses hosts that no certificate of a scope may have together.
	Check(ctx context.Context, scope kernel.Scope, hosts []string) error
	// Issue returns the chain as DER, the leaf first.
	Issue(ctx context.Context, o Order) ([][]byte, error)
	// Stands tells whether the inventory has a certificate as one that lies there, and that it
	// was not revoked.
	Stands(ctx context.Context, scope kernel.Scope, lies, serial string) (bool, error)
}

// Domains are those of tenants, which may have a certificate of their own.
type Domains interface {
	// Own refuses an actor, or a stage, that a domain is not for. Claim names that claim of the
	// domain, and fingerprint its own certificate (SHA-256, hex), "" for none.
	Own(ctx context.Context, scope kernel.Scope, domain string) (claim, fingerprint string, err error)
	// Pair opens it.
	Pair(ctx context.Context, scope kernel.Scope, domain string) (Pair, error)
	// Copied records, in the transaction of the context, that a certificate of it was copied to
	// an address.
	Copied(ctx context.Context, scope kernel.Scope, domain string, leaf *x509.Certificate, to string) error
	// Show has the domain show another one from then on.
	Show(ctx context.Context, scope kernel.Scope, domain string, p Pair) error
}

// Authorizer tells whether the actor of the context may do an action.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Places knows the projects of tenants, and the stages that there are.
type Places interface {
	// Check is NotFound for a project or a stage that there is not.
	Check(ctx context.Context, scope kernel.Scope) error
}

// Tenants knows those that are closed.
type Tenants interface {
	Resting(ctx context.Context) (map[string]bool, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}
