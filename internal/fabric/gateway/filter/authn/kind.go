package authn

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"log/slog"
	"strings"
	"sync"
	"time"
	"weak"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// KindName is the kind's name in documents, and who refuses in its name.
const KindName = "AuthenticationPolicy"

// Own is Terrace's own provider, whose keys need no network.
type Own interface {
	Issuer() string
	Keys(ctx context.Context) (jose.JSONWebKeySet, error)
	// Counts refuses a token that does not count any more, though its signature is right:
	// with Unauthenticated where its session has ended, and with Denied where whom it stands
	// for is kept out. After any other error it is not known.
	Counts(ctx context.Context, token string) error
	// Lasts is Counts for a person who has signed in, by their session there, "" for none.
	Lasts(ctx context.Context, tenant, subject, session string) error
}

// Secrets has what references stand for; it decides by the actor of the context.
type Secrets interface {
	// Locate splits the path of a reference that stands outside of a stage.
	Locate(of kernel.Scope, r secretref.Reference) (kernel.Scope, secretref.Reference, error)
	// Check tells whether the actor could have the value, and of which version it is.
	Check(ctx context.Context, scope kernel.Scope, r secretref.Reference) (version int, err error)
	// Resolve returns the value, and records that it was read.
	Resolve(ctx context.Context, scope kernel.Scope, r secretref.Reference) (value string, version int, err error)
}

// Subscription is what a key of a product was given for. It is never changed.
type Subscription struct {
	// ID is the subscription's, Consumer who is counted and limited, Product and Plan what
	// it was subscribed to.
	ID, Consumer, Product, Plan string
	Scopes                      []string
	// Guard stands between its requests and what is behind authentication: it counts them;
	// nil lets all through.
	Guard exchange.Filter
}

// Refusal is why a key that is known does not count, in words for its owner, and what to do.
type Refusal struct{ Detail, Fix string }

// Subscriptions knows the keys of products.
type Subscriptions interface {
	// At returns those that count on a route.
	At(at gateway.Attachment) Keys
}

// Keys knows keys by their SHA-256. It is asked at each request, and must not wait.
type Keys interface {
	// Key returns what a key was given for, or why it does not count; both nil: there is no
	// such key.
	Key(sum [sha256.Size]byte) (*Subscription, *Refusal)
}

// Workloads is Terrace's own authority, whose certificates say which workload a client is.
type Workloads interface {
	// Roots returns who may have signed a certificate; it is another pool once that has
	// changed.
	Roots() *x509.CertPool
	// Look reads again whether it has.
	Look() error
	// Whose returns which workload a certificate says that it is.
	Whose(leaf *x509.Certificate) (scope kernel.Scope, workload string, ok bool)
}

// Sealer makes of a session what only this installation can read.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Config is what a Kind needs. Own, Workloads, Secrets, Subscriptions and Sealer may be nil: policies
// that need them are refused then.
type Config struct {
	Guard         egress.Guard
	Own           Own
	Workloads     Workloads
	Secrets       Secrets
	Subscriptions Subscriptions
	Sealer        Sealer
	// Shared is what replicas tell each other; nil is nobody.
	Shared Shared
	Clock  kernel.Clock
	Log    *slog.Logger
}

// Kind makes the filters of AuthenticationPolicy. It keeps what issuers say of
// themselves for as long as any filter needs it.
type Kind struct {
	Config

	work   context.Context //nolint:containedctx // the life of what is fetched in the background
	cancel context.CancelFunc
	wg     sync.WaitGroup

	// states are sign-ins that came back, ended the sessions that are over before their
	// time: both for as long as anybody could show them again, in this process.
	states, ended once
	renewals      renewals
	// terrace is Terrace's own provider, nil for none.
	terrace *issuer

	mu      sync.Mutex
	issuers map[source]weak.Pointer[issuer]
	// asking are the filters that want certificates of clients, by host.
	asking map[string][]weak.Pointer[filter]
}

// New returns a Kind; its owner closes it.
func New(c Config) *Kind {
	c.Guard.What = cmp.Or(c.Guard.What, "issuers of tokens")
	k := &Kind{Config: c, issuers: map[source]weak.Pointer[issuer]{}, asking: map[string][]weak.Pointer[filter]{}}
	k.work, k.cancel = context.WithCancel(context.Background())
	if k.Own != nil {
		k.terrace = newIssuer(k, source{issuer: k.Own.Issuer()})
	}
	return k
}

// Close ends what is fetched in the background.
func (k *Kind) Close() {
	k.cancel()
	k.wg.Wait()
}

// Name implements gateway.Kind.
func (k *Kind) Name() string { return KindName }

// Spec implements gateway.Specified.
func (*Kind) Spec() any { return document{} }

// Compile implements gateway.Kind. A policy that is only checked has its references
// to secrets checked as well, with what its writer may read.
func (k *Kind) Compile(ctx context.Context, p gateway.Policy, at gateway.Attachment) (exchange.Filter, error) {
	doc, err := yamldoc.Read("", p.Spec)
	if err != nil {
		return nil, err
	}
	r := &reader{kind: k, policy: p, at: at}
	f := r.filter(doc.Root())
	if len(at.Hosts) == 0 {
		r.checkSecrets(ctx)
	}
	if err := doc.Err("policy " + p.Name + " is not valid"); err != nil {
		return nil, err
	}
	if len(at.Hosts) > 0 {
		k.attach(f, at)
	}
	return f.wrap, nil
}

// attach begins to fetch what the filter needs, and has certificates asked for.
func (k *Kind) attach(f *filter, at gateway.Attachment) {
	for _, w := range f.ways {
		w.begin()
	}
	if k.terrace != nil {
		k.terrace.current(k.Clock.Now())
	}
	if !f.certificates {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for host, filters := range k.asking {
		if filters = living(filters); len(filters) == 0 {
			delete(k.asking, host)
		} else {
			k.asking[host] = filters
		}
	}
	for _, host := range at.Hosts {
		k.asking[host] = append(k.asking[host], weak.Make(f))
	}
}

// AsksCertificate tells whether a policy of the host's routes takes certificates of
// clients. For a while after the last one is gone it may still say so.
func (k *Kind) AsksCertificate(host string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(living(k.asking[host])) > 0 {
		return true
	}
	for rest := host; ; {
		_, after, ok := strings.Cut(rest, ".")
		if !ok {
			return false
		}
		if rest = after; len(living(k.asking["*."+rest])) > 0 {
			return true
		}
	}
}

func living(filters []weak.Pointer[filter]) []weak.Pointer[filter] {
	var out []weak.Pointer[filter]
	for _, f := range filters {
		if f.Value() != nil {
			out = append(out, f)
		}
	}
	return out
}

// issuer returns what is known of an issuer; filters that name the same share it.
func (k *Kind) issuer(s source) *issuer {
	k.mu.Lock()
	defer k.mu.Unlock()
	if known := k.issuers[s].Value(); known != nil {
		return known
	}
	for old, known := range k.issuers {
		if known.Value() == nil {
			delete(k.issuers, old)
		}
	}
	i := newIssuer(k, s)
	k.issuers[s] = weak.Make(i)
	return i
}

// background runs fn until it ends or the Kind is closed, within a time.
func (k *Kind) background(within time.Duration, fn func(ctx context.Context)) {
	if k.work.Err() != nil {
		return
	}
	k.wg.Go(func() {
		ctx, cancel := context.WithTimeout(k.work, within)
		defer cancel()
		fn(ctx)
	})
}
