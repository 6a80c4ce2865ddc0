package provider

import (
	"context"
	"crypto/x509"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// EnsureKeys makes the first key of an algorithm, where there is none.
func (s *Service) EnsureKeys(ctx context.Context, algorithm string) error {
	k, err := s.look(ctx)
	if err != nil {
		return err
	}
	if _, ok := k.keys.newest(algorithm); ok {
		return nil
	}
	_, err = s.addKey(ctx, algorithm, 0, s.Clock.Now())
	if kernel.Is(err, kernel.Conflict) {
		return nil // another replica has
	}
	return err
}

// Turn adds the next key of each algorithm when the newest one is old, and removes
// those that are published no longer. Of several replicas one adds it: keys are
// numbered, and each number is given once.
func (s *Service) Turn(ctx context.Context) error {
	now := s.Clock.Now()
	k, err := s.look(ctx)
	if err != nil {
		return err
	}
	for _, algorithm := range []string{ES256, RS256} {
		newest, ok := k.keys.newest(algorithm)
		ends := newest.From.Add(KeyLife)
		if !ok || now.Before(ends.Add(-publishedBy)) {
			continue
		}
		if _, err := s.addKey(ctx, algorithm, newest.Number, latest(ends, now.Add(publishedBy))); err != nil && !kernel.Is(err, kernel.Conflict) {
			return err
		}
	}
	_, err = s.Store.RemoveKeys(ctx, now)
	return err
}

// SigningKey is a key as people see it.
type SigningKey struct {
	Key
	State KeyState
}

// ListKeys returns the keys that are published, the oldest first.
func (s *Service) ListKeys(ctx context.Context, scope kernel.Scope) ([]SigningKey, error) {
	if err := s.Authorizer.Authorize(ctx, "signing-key.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return nil, err
	}
	k, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	keys := make([]SigningKey, 0, len(k.keys.all))
	for _, o := range k.keys.all {
		state := KeyFormer
		if current, err := k.keys.current(o.Algorithm, now); err == nil && current.ID == o.ID {
			state = KeyCurrent
		} else if o.From.After(now) {
			state = KeyNext
		}
		keys = append(keys, SigningKey{o.Key, state})
	}
	return keys, nil
}

// Rotate adds the next key of an algorithm, which signs once others can know it. Of a
// key that waits already it is told.
func (s *Service) Rotate(ctx context.Context, scope kernel.Scope, algorithm string) (Key, error) {
	if err := s.Authorizer.Authorize(ctx, "signing-key.rotate", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return Key{}, err
	}
	if !slices.Contains([]string{ES256, RS256}, algorithm) {
		return Key{}, kernel.Errorf(kernel.Invalid, "nothing is signed with %q", algorithm).
			WithProblems(kernel.Problem{Path: "algorithm", Message: "it must be ES256 or RS256"})
	}
	k, err := s.look(ctx)
	if err != nil {
		return Key{}, err
	}
	now := s.Clock.Now()
	newest, ok := k.keys.newest(algorithm)
	switch {
	case !ok:
		return s.addKey(ctx, algorithm, 0, now) // nothing would be signed until it may
	case newest.From.After(now):
		return Key{}, kernel.Errorf(kernel.Conflict, "the key %s is waiting already, and signs from %s", newest.ID, newest.From.Format(time.RFC3339))
	}
	return s.addKey(ctx, algorithm, newest.Number, now.Add(publishedBy))
}

// addKey adds the key after a number. The ones before it stay until the last token
// that they signed has expired.
func (s *Service) addKey(ctx context.Context, algorithm string, after int64, from time.Time) (Key, error) {
	private, err := newPrivate(algorithm)
	if err != nil {
		return Key{}, kernel.Errorf(kernel.Internal, "make a signing key: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, kernel.Errorf(kernel.Internal, "make a signing key: %w", err)
	}
	defer clear(raw)
	k := Key{ID: kernel.NewID("key"), Algorithm: algorithm, Number: after + 1, CreatedAt: s.Clock.Now(), From: from}
	if k.Sealed, err = s.Sealer.Seal(ctx, raw, sealedFor(k)); err != nil {
		return Key{}, err
	}
	return k, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.changed(ctx); err != nil {
			return err
		}
		if err := s.Store.AddKey(ctx, k); err != nil {
			return err
		}
		if err := s.Store.EndKeys(ctx, algorithm, k.Number, from.Add(MaxTokenLife+leeway)); err != nil {
			return err
		}
		return s.record(ctx, "", "signing_key.added", k.ID, map[string]any{"algorithm": algorithm, "signsFrom": from})
	})
}
