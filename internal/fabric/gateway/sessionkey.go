package gateway

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
	// sessionKeyAge is how old the newest key becomes before the next one is made.
	sessionKeyAge = 30 * 24 * time.Hour
	// sessionKeyRest is how long a new key is only known, so that every replica has it
	// before one signs with it.
	sessionKeyRest = 10 * time.Minute
	// sessionKeyLife is how long a key's cookies are honoured.
	sessionKeyLife = 3 * sessionKeyAge
	// SessionKeyLook is how often a replica looks for keys of others.
	SessionKeyLook = time.Minute
)

// SessionKey is what cookies of sessions are signed with, sealed.
type SessionKey struct {
	ID        string
	Sealed    []byte
	CreatedAt time.Time
}

// SessionKeyStore keeps keys that all replicas share; gatewaysql implements it.
type SessionKeyStore interface {
	// SessionKeys returns them, the newest first.
	SessionKeys(ctx context.Context) ([]SessionKey, error)
	AddSessionKey(ctx context.Context, k SessionKey) error
	ForgetSessionKeys(ctx context.Context, before time.Time) error
}

// Sealer seals and opens for the platform.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// SessionKeys are the keys of sessions that replicas share: a cookie of one is
// honoured by all, over restarts too.
type SessionKeys struct {
	Store  SessionKeyStore
	Sealer Sealer
	Clock  kernel.Clock
	Log    *slog.Logger

	held atomic.Pointer[[]sessionKey]
}

// Renew reads the keys, makes a new one in time, and forgets those whose time is
// over.
func (k *SessionKeys) Renew(ctx context.Context) error {
	now := k.Clock.Now()
	keys, err := k.read(ctx)
	if err == nil && (len(keys) == 0 || now.Sub(keys[0].created) >= sessionKeyAge) {
		if err = k.add(ctx, now); err == nil {
			keys, err = k.read(ctx) // another replica may have made one as well
		}
	}
	if err != nil {
		return err
	}
	k.held.Store(&keys)
	return k.Store.ForgetSessionKeys(ctx, now.Add(-sessionKeyLife))
}

// read returns the keys, the newest first; what does not open is passed by.
func (k *SessionKeys) read(ctx context.Context) ([]sessionKey, error) {
	all, err := k.Store.SessionKeys(ctx)
	if err != nil {
		return nil, err
	}
	keys := make([]sessionKey, 0, len(all))
	for _, s := range all {
		secret, err := k.Sealer.Open(ctx, s.Sealed, s.bound())
		if err != nil {
			if kernel.Is(err, kernel.Unavailable) {
				return nil, err //nolint:wrapcheck // it says which key
			}
			k.Log.WarnContext(ctx, "a key of sessions at the gateway does not open: its sessions end", "key", s.ID, "error", err)
			continue
		}
		keys = append(keys, newSessionKey(secret, s.CreatedAt))
	}
	return keys, nil
}

func (k *SessionKeys) add(ctx context.Context, now time.Time) error {
	s := SessionKey{ID: kernel.NewID("gsk"), CreatedAt: now.UTC().Truncate(time.Microsecond)}
	var err error
	if s.Sealed, err = k.Sealer.Seal(ctx, randomKey(), s.bound()); err != nil {
		return err //nolint:wrapcheck // it says which key
	}
	return k.Store.AddSessionKey(ctx, s)
}

func (s SessionKey) bound() []byte { return []byte("gateway session key\x00" + s.ID) }

// signing returns the key that signs: the newest that every replica knows by now,
// else the oldest.
func (k *SessionKeys) signing() *sessionKey {
	keys := *k.held.Load()
	now := k.Clock.Now()
	for i := range keys {
		if now.Sub(keys[i].created) >= sessionKeyRest {
			return &keys[i]
		}
	}
	return &keys[len(keys)-1]
}

// named returns the key with a tag, nil for none.
func (k *SessionKeys) named(tag string) *sessionKey {
	keys := *k.held.Load()
	for i := range keys {
		if keys[i].tag == tag {
			return &keys[i]
		}
	}
	return nil
}

// ownSessionKeys are those of a process alone.
func ownSessionKeys() *SessionKeys {
	k := &SessionKeys{}
	k.held.Store(&[]sessionKey{newSessionKey(randomKey(), k.Clock.Now())})
	return k
}

// sessionKey makes digests; its tag tells it from others.
type sessionKey struct {
	tag     string
	secret  []byte
	created time.Time
}

func newSessionKey(secret []byte, created time.Time) sessionKey {
	k := sessionKey{secret: secret, created: created}
	k.tag = k.digest("the key itself")[:tagText]
	return k
}

func randomKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return key
}

func (k *sessionKey) digest(of ...string) string {
	mac := hmac.New(sha256.New, k.secret)
	_, _ = mac.Write([]byte(strings.Join(of, "\n")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:digestSize])
}
