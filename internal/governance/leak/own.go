package leak

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strconv"
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
func (s *Service) key(ctx context.Context, tenant string) (raw []byte, revision int64, err error) {
	sealed, revision, err := s.Values.Key(ctx, tenant)
	if kernel.Is(err, kernel.NotFound) {
		made := make([]byte, fingerprintKey+leakscan.KeySize)
		_, _ = rand.Read(made) // never fails, see crypto/rand
		if sealed, err = s.Sealer.SealFor(ctx, tenant, made, Associated(tenant)); err != nil {
			return nil, 0, fmt.Errorf("seal the key of values: %w", err)
		}
		if err = s.Values.AddKey(ctx, tenant, sealed); err != nil {
			return nil, 0, err
		}
		sealed, revision, err = s.Values.Key(ctx, tenant) // another process may have been first
	}
	if err != nil {
		return nil, 0, err
	}
	if raw, err = s.Sealer.Open(ctx, sealed, Associated(tenant)); err != nil {
		return nil, 0, fmt.Errorf("open the key of values: %w", err)
	}
	if len(raw) != fingerprintKey+leakscan.KeySize {
		return nil, 0, kernel.Errorf(kernel.Internal, "the key of values has %d bytes", len(raw))
	}
	return raw, revision, nil
}

// own returns what is known of a tenant's values, as of now.
func (s *Service) own(ctx context.Context, tenant string) (*known, error) {
	raw, revision, err := s.key(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if k := s.recall(tenant, revision); k != nil {
		return k, nil
	}
	k := &known{key: raw[:fingerprintKey], revision: revision, used: s.Clock.Now()}
	hashes, _ := leakscan.NewKey(raw[fingerprintKey:]) // its size was checked
	k.index = leakscan.NewIndex(hashes)
	if err := s.Values.All(ctx, tenant, func(v Version, e leakscan.Entry) { k.index.Add(e, v.String()) }); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	s.known[tenant] = k
	return k, nil
}

func (s *Service) recall(tenant string, revision int64) *known {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.known[tenant]
	if k == nil || k.revision != revision {
		return nil
	}
	k.used = s.Clock.Now()
	return k
}

// forget drops what was not asked for lately, and what is too much.
func (s *Service) forget() {
	now := s.Clock.Now()
	maps.DeleteFunc(s.known, func(_ string, k *known) bool { return now.Sub(k.used) > held })
	for len(s.known) >= tenantsKnown {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(s.known)), func(a, b string) int { return s.known[a].used.Compare(s.known[b].used) })
		delete(s.known, oldest)
	}
}

// String names a version as people do.
func (v Version) String() string {
	return v.Project + "/" + v.Stage + "/" + v.Name + "@" + strconv.Itoa(v.Version)
}

// Keep has the values of a secret's version known from here on, in the transaction that
// keeps the version. It keeps hashes of them, keyed by the tenant's key.
func (s *Service) Keep(ctx context.Context, scope kernel.Scope, name string, version int, values []string) error {
	raw, _, err := s.key(ctx, scope.Tenant)
	if err != nil {
		return err
	}
	hashes, _ := leakscan.NewKey(raw[fingerprintKey:]) // its size was checked
	var forms []leakscan.Entry
	for _, value := range values {
		forms = append(forms, hashes.Entries(value)...)
	}
	return s.Values.Keep(ctx, scope.Tenant, Version{Project: scope.Project, Stage: scope.Stage, Name: name, Version: version}, forms)
}

// Forget has versions of a secret not known any more; none are all.
func (s *Service) Forget(ctx context.Context, scope kernel.Scope, name string, versions ...int) error {
	return s.Values.Forget(ctx, scope, name, versions)
}

// Prune has versions of a secret up to one not known any more.
func (s *Service) Prune(ctx context.Context, scope kernel.Scope, name string, upTo int) error {
	return s.Values.Prune(ctx, scope, name, upTo)
}
