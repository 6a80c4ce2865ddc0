package session

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// keyAge is how old the newest key becomes before the next one is made.
	keyAge = 30 * 24 * time.Hour
	// keyRest is how long a new key is only known, so that every replica has it
	// before one signs with it.
	keyRest = 10 * time.Minute
	// keyLife is how long a key's cookies are honoured.
	keyLife = 3 * keyAge
	// RenewEvery is how often a replica looks for keys of others.
	RenewEvery = time.Minute
)

// Key is what cookies of sessions are signed with, sealed.
type Key struct {
	ID        string
	Sealed    []byte
	CreatedAt time.Time
}

// Store keeps keys that all replicas share; gatewaysql implements it.
type Store interface {
	// SessionKeys returns them, the newest first.
	SessionKeys(ctx context.Context) ([]Key, error)
	AddSessionKey(ctx context.Context, k Key) error
	ForgetSessionKeys(ctx context.Context, before time.Time) error
}

// Sealer seals and opens for the platform.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// Keys are the keys of sessions that replicas share: a cookie of one is
// honoured by all, over restarts too.
type Keys struct {
	Store  Store
	Sealer Sealer
	Clock  kernel.Clock
	Log    *slog.Logger

	held atomic.Pointer[[]key]
}

// Renew reads the keys, makes a new one in time, and forgets those whose time is
// over.
func (k *Keys) Renew(ctx context.Context) error {
	now := k.Clock.Now()
	keys, err := k.read(ctx)
	if err == nil && (len(keys) == 0 || now.Sub(keys[0].created) >= keyAge) {
		if err = k.add(ctx, now); err == nil {
			keys, err = k.read(ctx) // another replica may have made one as well
		}
	}
	if err != nil {
		return err
	}
	k.held.Store(&keys)
	return k.Store.ForgetSessionKeys(ctx, now.Add(-keyLife))
}

// read returns the keys, the newest first; what does not open is passed by.
func (k *Keys) read(ctx context.Context) ([]key, error) {
	all, err := k.Store.SessionKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]key, 0, len(all))
	for _, s := range all {
		secret, err := k.Sealer.Open(ctx, s.Sealed, s.bound())
		if err != nil {
			if kernel.Is(err, kernel.Unavailable) {
				return nil, err //nolint:wrapcheck // it says which key
			}
			k.Log.WarnContext(ctx, "a key of sessions at the gateway does not open: its sessions end", "key", s.ID, "error", err)
			continue
		}
		keys = append(keys, newKey(secret, s.CreatedAt))
	}
	return keys, nil
}

func (k *Keys) add(ctx context.Context, now time.Time) error {
	s := Key{ID: kernel.NewID("gsk"), CreatedAt: now.UTC().Truncate(time.Microsecond)}
	var err error
	if s.Sealed, err = k.Sealer.Seal(ctx, randomKey(), s.bound()); err != nil {
		return err //nolint:wrapcheck // it says which key
	}
	return k.Store.AddSessionKey(ctx, s)
}

func (s Key) bound() []byte { return []byte("gateway session key\x00" + s.ID) }

// signing returns the key that signs: the newest that every replica knows by now,
// else the oldest.
func (k *Keys) signing() *key {
	keys := *k.held.Load()
	now := k.Clock.Now()
	for i := range keys {
		if now.Sub(keys[i].created) >= keyRest {
			return &keys[i]
		}
	}
	return &keys[len(keys)-1]
}

// named returns the key with a tag, nil for none.
func (k *Keys) named(tag string) *key {
	keys := *k.held.Load()
	for i := range keys {
		if keys[i].tag == tag {
			return &keys[i]
		}
	}
	return nil
}

// Own returns the keys of a process alone, whose sessions end with it.
func Own() *Keys {
	k := &Keys{}
	k.held.Store(&[]key{newKey(randomKey(), k.Clock.Now())})
	return k
}

// key makes digests; its tag tells it from others.
type key struct {
	tag     string
	secret  []byte
	created time.Time
}

func newKey(secret []byte, created time.Time) key {
	k := key{secret: secret, created: created}
	k.tag = k.digest("the key itself")[:tagText]
	return k
}

func randomKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return key
}

func (k *key) digest(of ...string) string {
	mac := hmac.New(sha256.New, k.secret)
	_, _ = mac.Write([]byte(strings.Join(of, "\n")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:digestSize])
}
