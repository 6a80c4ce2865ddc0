// Package seal encrypts what Terrace keeps at rest: state, plans, secrets.
//
// It is envelope encryption. Data keys (AES-256-GCM) encrypt, what is small at
// once and what may be large as a stream; each travels in front of what it sealed, itself wrapped by a key-encryption key that never
// leaves its keeper: a key file on a laptop, a cloud's key service elsewhere.
// Every envelope names its key-encryption key, so that keys can be rotated:
// the newest seals, former ones still open.
//
// It owns the envelope's format and the keys' life in memory. It does not own
// where sealed bytes are kept, nor who may open them.
package seal

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"gocloud.dev/secrets"

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
	primary string // the id of the key-encryption key that seals
	keepers map[string]*secrets.Keeper
	clock   kernel.Clock

	mu      sync.Mutex
	current *dataKey
	opened  map[string]ciphers // by kek id and wrapped data key
}

// dataKey is the data key that seals at present.
type dataKey struct {
	ciphers

	wrapped []byte
	made    time.Time
	seals   int
}

// Seal encrypts plain. Only a call of Open with the same associated data, such
// as the name of where the result is kept, gets it back.
func (s *Sealer) Seal(ctx context.Context, plain, associated []byte) ([]byte, error) {
	key, err := s.dataKey(ctx)
	if err != nil {
		return nil, err
	}
	return key.seal(s.primary, plain, associated)
}

// seal encrypts plain whole; kek names the key that wraps this one.
func (k dataKey) seal(kek string, plain, associated []byte) ([]byte, error) {
	head := header(magic, kek, k.wrapped)
	sealed, err := k.whole.Encrypt(plain, bind(head, associated))
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	return append(head, sealed...), nil
}

// Open decrypts what Seal returned. The error says nothing about the content
// where it was altered, cut or sealed with other associated data.
func (s *Sealer) Open(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	e, err := parse(sealed, magic)
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

// KeyID returns the id of the key-encryption key that sealed, so that a
// rotation finds what to seal again.
func KeyID(sealed []byte) (string, error) {
	e, err := parse(sealed, magic)
	if err != nil {
		e, err = parse(sealed, magicStream)
	}
	return e.kek, err
}

// PrimaryKeyID returns the id of the key-encryption key that Seal uses.
func (s *Sealer) PrimaryKeyID() string { return s.primary }

// Close releases the keepers.
func (s *Sealer) Close() error {
	var first error
	for _, k := range s.keepers {
		if err := k.Close(); err != nil && first == nil {
			first = fmt.Errorf("close key keeper: %w", err)
		}
	}
	return first
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
	ctx, cancel := context.WithTimeout(ctx, keeperTimeout)
	defer cancel()
	wrapped, err := s.keepers[s.primary].Encrypt(ctx, raw)
	if err != nil {
		return nil, keeperFailed(s.primary, err)
	}
	made, err := newCiphers(raw)
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	return &dataKey{wrapped: wrapped, ciphers: made}, nil
}

// unwrap returns the ciphers of an envelope's data key, asking its keeper once.
func (s *Sealer) unwrap(ctx context.Context, e envelope) (ciphers, error) {
	name := string(e.head[len(magic):])
	s.mu.Lock()
	key, known := s.opened[name]
	s.mu.Unlock()
	if known {
		return key, nil
	}
	keeper, ok := s.keepers[e.kek]
	if !ok {
		return ciphers{}, kernel.Errorf(kernel.Unavailable, "this was sealed with the key %s, which is not configured", e.kek).
			WithFix("add its URL to the former keys")
	}
	ctx, cancel := context.WithTimeout(ctx, keeperTimeout)
	defer cancel()
	raw, err := keeper.Decrypt(ctx, e.wrapped)
	if err != nil {
		return ciphers{}, unwrapFailed(e.kek, err)
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
