package leak

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

const (
	// tenantsKnown bounds the tenants whose values are in memory, and held how long they are
	// without being asked for.
	tenantsKnown = 8
	held         = 10 * time.Minute
)

// fingerprintKey is how many bytes of a tenant's key are for fingerprints; the rest is what
// own values are hashed with.
const fingerprintKey = 32

// Associated binds a tenant's sealed key to its place.
func Associated(tenant string) []byte { return []byte("leak/" + tenant) }

// key returns what a tenant's values are hashed with, and makes it where there is none.
func (s *Service) key(ctx context.Context, tenant string) ([]byte, error) {
	sealed, err := s.Values.Key(ctx, tenant)
	if kernel.Is(err, kernel.NotFound) {
		made := make([]byte, fingerprintKey+leakscan.KeySize)
		_, _ = rand.Read(made) // never fails, see crypto/rand
		if sealed, err = s.Sealer.SealFor(ctx, tenant, made, Associated(tenant)); err != nil {
			return nil, fmt.Errorf("seal the key of values: %w", err)
		}
		if err = s.Values.AddKey(ctx, tenant, sealed); err != nil {
			return nil, err
		}
		sealed, err = s.Values.Key(ctx, tenant) // another process may have been first
	}
	if err != nil {
		return nil, err
	}
	raw, err := s.Sealer.Open(ctx, sealed, Associated(tenant))
	if err != nil {
		return nil, fmt.Errorf("open the key of values: %w", err)
	}
	if len(raw) != fingerprintKey+leakscan.KeySize {
		return nil, kernel.Errorf(kernel.Internal, "the key of values has %d bytes", len(raw))
	}
	return raw, nil
}

// known is what a process knows of a tenant's own values. Whoever uses it holds mu, but for
// used, which is the service's.
type known struct {
	mu    sync.Mutex
	key   []byte
	mark  Mark
	index *leakscan.Index
	// forms are those of each secret that are in the index.
	forms map[Secret][]leakscan.Owned

	used time.Time
}

// own returns the key of a tenant's fingerprints, and what is known of its values as of now:
// what has changed since the last time is read, and all the first time.
func (s *Service) own(ctx context.Context, tenant string) ([]byte, *leakscan.Index, error) {
	raw, err := s.key(ctx, tenant)
	if err != nil {
		return nil, nil, err
	}
	k := s.recall(tenant)
	k.mu.Lock()
	defer k.mu.Unlock()
	if !bytes.Equal(k.key, raw) {
		hashes, _ := leakscan.NewKey(raw[fingerprintKey:]) // its size was checked
		k.key, k.mark, k.index, k.forms = raw, 0, leakscan.NewIndex(hashes), map[Secret][]leakscan.Owned{}
	}
	if err := k.catchUp(ctx, s.Values, tenant); err != nil {
		return nil, nil, err
	}
	return raw[:fingerprintKey], k.index, nil
}

// catchUp takes along what has changed.
func (k *known) catchUp(ctx context.Context, values Values, tenant string) error {
	changed := map[Secret][]leakscan.Owned{}
	var more []leakscan.Owned
	mark, err := values.Read(ctx, tenant, k.mark, func(v Version, e leakscan.Entry) {
		if v.Version == 0 {
			changed[v.Secret] = nil
			return
		}
		o := leakscan.Owned{Entry: e, Of: v.String()}
		changed[v.Secret], more = append(changed[v.Secret], o), append(more, o)
	})
	if err != nil {
		return err
	}
	k.mark = mark
	if len(changed) == 0 {
		return nil
	}
	var gone []leakscan.Owned
	for secret, forms := range changed {
		gone = append(gone, k.forms[secret]...)
		if k.forms[secret] = forms; len(forms) == 0 {
			delete(k.forms, secret)
		}
	}
	k.index = k.index.With(gone, more)
	return nil
}

// recall returns what is known of a tenant, which is nothing where nobody has asked lately.
func (s *Service) recall(tenant string) *known {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	k := s.known[tenant]
	if k == nil {
		if len(s.known) >= tenantsKnown {
			delete(s.known, slices.MinFunc(slices.Collect(maps.Keys(s.known)), func(a, b string) int { return s.known[a].used.Compare(s.known[b].used) }))
		}
		k = &known{}
		s.known[tenant] = k
	}
	k.used = s.Clock.Now()
	return k
}

// forget drops what was not asked for lately.
func (s *Service) forget() {
	now := s.Clock.Now()
	maps.DeleteFunc(s.known, func(_ string, k *known) bool { return now.Sub(k.used) > held })
}

// Tidy forgets changes that were read by all who have a tenant's values in memory: those of
// before the time that these are held.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.Clock.Now()
	s.mu.Lock()
	since, before := s.tidied, s.before
	s.mu.Unlock()
	if !since.IsZero() && now.Sub(since) <= 2*held {
		return nil
	}
	mark, err := s.Values.Tidy(ctx, before)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidied, s.before = now, mark
	return nil
}

// String names a version as people do.
func (v Version) String() string {
	return v.Project + "/" + v.Stage + "/" + v.Name + "@" + strconv.Itoa(v.Version)
}

// Keep has the values of a secret's version known from here on, in the transaction that
// keeps the version. It keeps hashes of them, keyed by the tenant's key.
func (s *Service) Keep(ctx context.Context, scope kernel.Scope, name string, version int, values []string) error {
	raw, err := s.key(ctx, scope.Tenant)
	if err != nil {
		return err
	}
	hashes, _ := leakscan.NewKey(raw[fingerprintKey:]) // its size was checked
	var forms []leakscan.Entry
	for _, value := range values {
		forms = append(forms, hashes.Entries(value)...)
	}
	if len(forms) > 0 {
		if err := s.Values.Added(ctx, scope.Tenant); err != nil {
			return err
		}
	}
	return s.Values.Keep(ctx, scope.Tenant, Version{Secret: Secret{Project: scope.Project, Stage: scope.Stage, Name: name}, Version: version}, forms)
}

// Forget has versions of a secret not known any more; none are all.
func (s *Service) Forget(ctx context.Context, scope kernel.Scope, name string, versions ...int) error {
	return s.Values.Forget(ctx, scope, name, versions)
}

// Prune has versions of a secret up to one not known any more.
func (s *Service) Prune(ctx context.Context, scope kernel.Scope, name string, upTo int) error {
	return s.Values.Prune(ctx, scope, name, upTo)
}
