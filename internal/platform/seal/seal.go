// Package seal encrypts what Terrace keeps at rest: state, plans, secrets.
//
// It is envelope encryption. Data keys (AES-256-GCM) encrypt, what is small at
// once and what may be large as a stream; each travels in front of what it sealed, itself wrapped by a key-encryption key that never
// leaves its keeper: a key file on a laptop, a cloud's key service elsewhere.
// Every envelope names its key-encryption key, so that keys can be rotated:
// the newest seals, former ones still open.
//
// With a Store it is a keyring. Each owner, a tenant or the platform itself, has a
// key-encryption key of its own, wrapped by the root key; that wraps the owner's data keys,
// and envelopes name theirs. A rotation wraps keys anew and touches no content; with an
// owner's key everything that is sealed for it is lost, wherever it is kept. With Shares a
// tenant's key is in two parts, one of which is in no database: without it neither the root
// key nor any copy of the database opens anything.
//
// It owns the envelope's format and the keys' life in memory. It does not own
// where sealed bytes are kept, nor who may open them.
package seal

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a data key, far below where AES-GCM's random nonces wear out.
const (
	dataKeySize = 32
	maxSeals    = 1 << 20
	maxAge      = 24 * time.Hour
	maxCached   = 4096
)

// keeperTimeout bounds a call of a key service, for which others may wait.
const keeperTimeout = 10 * time.Second

// Sealer seals and opens. It is safe for concurrent use.
type Sealer struct {
	roots *roots
	clock kernel.Clock
	ring  *keyring // nil for none

	mu      sync.Mutex
	current *dataKey
	opened  map[string]ciphers // by kek id and wrapped data key
}

// dataKey is the data key that seals at present.
type dataKey struct {
	ciphers

	// head returns the head of an envelope with the magic of what is sealed whole, or
	// of a stream.
	head  func(stream bool) []byte
	made  time.Time
	seals int
}

// Seal encrypts plain for the platform itself. Only a call of Open with the same
// associated data, such as the name of where the result is kept, gets it back.
func (s *Sealer) Seal(ctx context.Context, plain, associated []byte) ([]byte, error) {
	key, err := s.keyFor(ctx, platform)
	if err != nil {
		return nil, err
	}
	return key.seal(plain, associated)
}

// SealFor is Seal with a key of the tenant.
func (s *Sealer) SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error) {
	key, err := s.keyOf(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return key.seal(plain, associated)
}

// seal encrypts plain whole.
func (k dataKey) seal(plain, associated []byte) ([]byte, error) {
	head := k.head(false)
	sealed, err := k.whole.Encrypt(plain, bind(head, associated))
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	return append(head, sealed...), nil
}

// Open decrypts what Seal returned. The error says nothing about the content
// where it was altered, cut or sealed with other associated data.
func (s *Sealer) Open(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	e, err := parseWhole(sealed)
	if err != nil {
		return nil, err
	}
	key, err := s.unwrap(ctx, e)
	if err != nil {
		return nil, err
	}
	plain, err := key.whole.Decrypt(e.content, bind(e.head, associated))
	if err != nil {
		return nil, damaged()
	}
	return plain, nil
}

// PrimaryKeyID returns the id of the root key that seals at present.
func (s *Sealer) PrimaryKeyID() string { return s.roots.primaryID() }

// Close releases the keepers.
func (s *Sealer) Close() error { return s.roots.close() }

// keyOf returns what seals for a tenant.
func (s *Sealer) keyOf(ctx context.Context, tenant string) (dataKey, error) {
	if tenant == platform {
		return dataKey{}, kernel.Errorf(kernel.Internal, "seal: it is not said for which tenant")
	}
	return s.keyFor(ctx, tenant)
}

func (s *Sealer) keyFor(ctx context.Context, owner string) (dataKey, error) {
	if s.ring == nil {
		return s.dataKey(ctx)
	}
	return s.ring.current(ctx, owner)
}

// dataKey returns the present data key, or makes one where there is none or it
// is worn.
func (s *Sealer) dataKey(ctx context.Context) (dataKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if s.current == nil || s.current.seals >= maxSeals || now.Sub(s.current.made) >= maxAge {
		fresh, err := s.newDataKey(ctx)
		if err != nil {
			return dataKey{}, err
		}
		fresh.made = now
		s.current = fresh
	}
	s.current.seals++
	return *s.current, nil
}

func (s *Sealer) newDataKey(ctx context.Context) (*dataKey, error) {
	raw := make([]byte, dataKeySize)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	defer clear(raw)
	root, wrapped, err := s.roots.wrap(ctx, raw)
	if err != nil {
		return nil, err
	}
	made, err := newCiphers(raw)
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	return &dataKey{ciphers: made, head: func(stream bool) []byte {
		if stream {
			return header(magicStream, root, wrapped)
		}
		return header(magic, root, wrapped)
	}}, nil
}

// unwrap returns the ciphers of an envelope's data key, asking its keeper once.
func (s *Sealer) unwrap(ctx context.Context, e envelope) (ciphers, error) {
	if e.key != "" {
		if s.ring == nil {
			return ciphers{}, kernel.Errorf(kernel.Internal, "this was sealed with a key of a keyring, and there is none here")
		}
		return s.ring.open(ctx, e.key)
	}
	name := string(e.head[len(magic):])
	s.mu.Lock()
	key, known := s.opened[name]
	s.mu.Unlock()
	if known {
		return key, nil
	}
	raw, err := s.roots.unwrap(ctx, e.kek, e.wrapped)
	if err != nil {
		return ciphers{}, err
	}
	defer clear(raw)
	if key, err = newCiphers(raw); err != nil {
		return ciphers{}, damaged()
	}
	s.remember(name, key)
	return key, nil
}

func (s *Sealer) remember(name string, key ciphers) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.opened) >= maxCached {
		clear(s.opened)
	}
	s.opened[name] = key
}
