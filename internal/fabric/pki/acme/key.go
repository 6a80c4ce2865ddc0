package acme

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// secretSize is that of a key's secret in bytes, as much as HS256 uses (RFC 7518 §3.2).
	secretSize = 32
	maxNote    = 200
	// MaxKeyLife is until when a key may make accounts at most.
	MaxKeyLife = 10 * 365 * 24 * time.Hour
)

// CreateKey makes a key that binds accounts to a scope. Its secret, base64url, is told this
// once. life is 0 for a key that does not expire.
func (s *Service) CreateKey(ctx context.Context, scope kernel.Scope, note string, life time.Duration) (k Key, secret string, err error) {
	if err := s.Authorizer.Authorize(ctx, actionWrite, scope); err != nil {
		return k, "", err
	}
	if err := s.Places.Check(ctx, scope); err != nil {
		return k, "", err
	}
	switch {
	case life < 0 || life > MaxKeyLife:
		return k, "", kernel.Errorf(kernel.Invalid, "a key cannot expire after %s", life).WithFix("give a life of up to ten years, or none for a key that does not expire")
	case len(note) > maxNote:
		return k, "", kernel.Errorf(kernel.Invalid, "the note has more than %d characters", maxNote).WithFix("shorten it")
	}
	actor, _ := kernel.ActorFrom(ctx)
	now := s.Clock.Now()
	k = Key{ID: kernel.NewID("eab"), Scope: scope, Note: note, CreatedAt: now, CreatedBy: actor.Name}
	if life > 0 {
		k.ExpiresAt = now.Add(life)
	}
	raw := make([]byte, secretSize)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	defer clear(raw)
	if k.Sealed, err = s.Sealer.SealFor(ctx, scope.Tenant, raw, Associated(scope.Tenant, k.ID)); err != nil {
		return k, "", err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error { return s.addKey(ctx, k) })
	return k, base64.RawURLEncoding.EncodeToString(raw), err
}

func (s *Service) addKey(ctx context.Context, k Key) error {
	n, err := s.Keys.CountKeys(ctx, k.Scope.Tenant)
	if err != nil {
		return err
	}
	if n >= s.Limits.Keys {
		return kernel.Errorf(kernel.Refused, "the tenant has %d keys for ACME accounts, which is all that one may have", n).
			WithFix("a key that was revoked or has expired goes away by itself in time; one key binds up to %d accounts", s.Limits.AccountsOfKey)
	}
	if err := s.Keys.InsertKey(ctx, k); err != nil {
		return err
	}
	return s.recordKey(ctx, k, "acme-key.created")
}

func (s *Service) recordKey(ctx context.Context, k Key, fact string) error {
	return s.Journal.Record(ctx, kernel.Fact{Type: fact, Scope: k.Scope, Subject: k.ID, Data: map[string]any{"note": k.Note}})
}

// ListKeys returns the keys of a tenant that the actor sees, by id.
func (s *Service) ListKeys(ctx context.Context, tenant string, page kernel.PageRequest) (kernel.Page[Key], error) {
	scope := kernel.Scope{Tenant: tenant}
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return kernel.Page[Key]{}, err
	}
	reach, err := s.Authorizer.Allowed(ctx, actionRead, scope)
	if err != nil {
		return kernel.Page[Key]{}, err
	}
	return s.Keys.ListKeys(ctx, tenant, reach, page)
}

// RevokeKey has a key bind no account any more, and the accounts that it binds order no more.
// Certificates that they have stay valid.
func (s *Service) RevokeKey(ctx context.Context, tenant, id string) error {
	k, err := s.key(ctx, tenant, id)
	if err != nil {
		return err
	}
	if err := s.Authorizer.Authorize(ctx, actionWrite, k.Scope); err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context) error {
		k, err := s.key(ctx, tenant, id)
		if err != nil || !k.RevokedAt.IsZero() {
			return err
		}
		k.RevokedAt = s.Clock.Now()
		if err := s.Keys.SaveKey(ctx, k); err != nil {
			return err
		}
		if err := s.revokeAccounts(ctx, k); err != nil {
			return err
		}
		return s.recordKey(ctx, k, "acme-key.revoked")
	})
}

// key finds a key that the actor sees.
func (s *Service) key(ctx context.Context, tenant, id string) (Key, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: tenant}); err != nil {
		return Key{}, err
	}
	none := kernel.Errorf(kernel.NotFound, "there is no key %q for ACME accounts", id).WithFix("see those that there are with: terrace acme key list")
	k, err := s.Keys.Key(ctx, tenant, id)
	if kernel.Is(err, kernel.NotFound) {
		return k, none
	}
	if err == nil && s.Authorizer.Authorize(ctx, actionRead, k.Scope) != nil {
		return Key{}, none
	}
	return k, err
}

func (s *Service) revokeAccounts(ctx context.Context, k Key) error {
	all, err := s.Accounts.AccountsOf(ctx, k.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.Status != Valid {
			continue
		}
		a.Status = Revoked
		if err := s.Accounts.SaveAccount(ctx, a); err != nil {
			return err
		}
	}
	return nil
}
