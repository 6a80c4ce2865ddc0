package provider

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The life of a signing key. It is published before it signs for as long as others may
// keep the set of keys, twice over, and after that until the last token that it signed
// has expired.
const (
	KeyLife     = 30 * 24 * time.Hour
	KeySetLife  = 5 * time.Minute
	publishedBy = 2 * KeySetLife
	leeway      = time.Minute
	rsaBits     = 2048
)

// Key is a signing key, as it is kept.
type Key struct {
	// ID is the kid of what it signs.
	ID        string
	Algorithm string
	// Number counts the keys of the algorithm, from 1.
	Number    int64
	Sealed    []byte
	CreatedAt time.Time
	// From is when it signs; another one does from the time that a later key has.
	From time.Time
	// Until is when it is no longer published, zero for the newest.
	Until time.Time
}

// KeyState is where a key is in its life.
type KeyState string

// The states of a key.
const (
	KeyNext    KeyState = "next"
	KeyCurrent KeyState = "current"
	KeyFormer  KeyState = "former"
)

// opened is a key that can sign.
type opened struct {
	Key
	private crypto.Signer
}

// ring are the keys that are published, the oldest first.
type ring struct {
	all  []opened
	byID map[string]*opened
}

// current returns the key that signs at a time.
func (r ring) current(algorithm string, now time.Time) (*opened, error) {
	for i := len(r.all) - 1; i >= 0; i-- {
		if k := &r.all[i]; k.Algorithm == algorithm && !k.From.After(now) {
			return k, nil
		}
	}
	return nil, kernel.Errorf(kernel.Unavailable, "there is no key that signs with %s", algorithm)
}

// newest returns the last key of an algorithm; ok is false for none.
func (r ring) newest(algorithm string) (k Key, ok bool) {
	for _, o := range r.all {
		if o.Algorithm == algorithm {
			k, ok = o.Key, true
		}
	}
	return k, ok
}

// set returns the public keys (RFC 7517 §5).
func (r ring) set() jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range r.all {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.private.Public(), KeyID: k.ID, Algorithm: k.Algorithm, Use: "sig"})
	}
	return set
}

// openRing unseals keys. What is public of them comes out of what was sealed, so that
// nobody who can write in the database can add a key of their own.
func (s *Service) openRing(ctx context.Context, rows []Key) (ring, error) {
	r := ring{all: make([]opened, 0, len(rows)), byID: map[string]*opened{}}
	for _, row := range rows {
		raw, err := s.Sealer.Open(ctx, row.Sealed, sealedFor(row))
		if err != nil {
			return ring{}, fmt.Errorf("the signing key %s: %w", row.ID, err)
		}
		private, err := x509.ParsePKCS8PrivateKey(raw)
		clear(raw)
		signer, ok := private.(crypto.Signer)
		if err != nil || !ok {
			return ring{}, kernel.Errorf(kernel.Internal, "the signing key %s is damaged: %w", row.ID, err)
		}
		r.all = append(r.all, opened{row, signer})
	}
	for i := range r.all {
		r.byID[r.all[i].ID] = &r.all[i]
	}
	return r, nil
}

func sealedFor(k Key) []byte { return []byte("signing key/" + k.Algorithm + "/" + k.ID) }

func newPrivate(algorithm string) (crypto.Signer, error) {
	if algorithm == RS256 {
		return rsa.GenerateKey(rand.Reader, rsaBits)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// KeySet returns the public keys of what Terrace signs.
func (s *Service) KeySet(ctx context.Context) (jose.JSONWebKeySet, error) {
	k, err := s.look(ctx)
	if err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return k.keys.set(), nil
}
