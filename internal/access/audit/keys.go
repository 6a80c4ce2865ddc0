package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The life of a signing key: it signs for KeyLife, and is told keyNotice before it does.
const (
	KeyLife   = 90 * 24 * time.Hour
	keyNotice = time.Hour
)

// Key is a signing key, as it is kept.
type Key struct {
	// Number counts the keys from 1.
	Number int64
	// Sealed has its public half, and its private one until a later key signs.
	Sealed []byte
	From   time.Time
	// Introduced is what the key before says of it.
	Introduced string
}

// KeyStore keeps keys. None is ever removed: heads that it signed are there as long.
type KeyStore interface {
	// AddKey keeps a key; a second one of a number is a Conflict.
	AddKey(ctx context.Context, k Key) error
	// SigningKeys returns them in their order.
	SigningKeys(ctx context.Context) ([]Key, error)
	// SpendKey replaces what is sealed of a key.
	SpendKey(ctx context.Context, number int64, sealed []byte) error
}

// Sealer seals keys.
type Sealer interface {
	Seal(ctx context.Context, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// halves are what is sealed of a key: who can write in the database can neither add one
// nor replace its public half.
type halves struct {
	Private  string `json:"private,omitempty"`
	Verifier string `json:"verifier"`
}

// opened is a key that was opened; private is "" of one that no longer signs.
type opened struct {
	chain.Key

	number  int64
	private string
}

func sealedFor(number int64) []byte { return fmt.Appendf(nil, "audit key/%d", number) }

// open returns all keys in their order.
func (s *Service) open(ctx context.Context) ([]opened, error) {
	rows, err := s.Keys.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]opened, 0, len(rows))
	for _, row := range rows {
		raw, err := s.Sealer.Open(ctx, row.Sealed, sealedFor(row.Number))
		if err != nil {
			return nil, fmt.Errorf("the key %d of the audit log: %w", row.Number, err)
		}
		var h halves
		err = json.Unmarshal(raw, &h)
		clear(raw)
		id, bad := chain.KeyID(h.Verifier)
		if err != nil || bad != nil {
			return nil, kernel.Errorf(kernel.Internal, "the key %d of the audit log is damaged", row.Number)
		}
		all = append(all, opened{chain.Key{ID: id, Verifier: h.Verifier, From: row.From, Introduced: row.Introduced}, row.Number, h.Private})
	}
	return all, nil
}

// current returns the key that signs, and makes the first one.
func (s *Service) current(ctx context.Context) (opened, error) {
	all, err := s.open(ctx)
	if err != nil {
		return opened{}, err
	}
	now := s.Clock.Now()
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].From.After(now) && all[i].private != "" {
			return all[i], nil
		}
	}
	if len(all) > 0 {
		return opened{}, kernel.Errorf(kernel.Unavailable, "no key of the audit log signs at this time").WithFix("see that the clock of the machine is right")
	}
	if _, err := s.addKey(ctx, nil, now); err != nil && !kernel.Is(err, kernel.Conflict) {
		return opened{}, err
	}
	if all, err = s.open(ctx); err != nil {
		return opened{}, err
	}
	return all[0], nil
}

// published returns the public halves, the first of which others pin.
func (s *Service) published(ctx context.Context) ([]chain.Key, error) {
	if _, err := s.current(ctx); err != nil {
		return nil, err
	}
	all, err := s.open(ctx)
	keys := make([]chain.Key, 0, len(all))
	for _, k := range all {
		keys = append(keys, k.Key)
	}
	return keys, err
}

// trusted returns the keys that the platform's own first key leads to.
func (s *Service) trusted(ctx context.Context) (chain.Keys, error) {
	keys, err := s.published(ctx)
	if err != nil {
		return chain.Keys{}, err
	}
	return chain.Trust(keys[0].Verifier, keys)
}

// ListKeys returns the public keys of heads, the oldest first.
func (s *Service) ListKeys(ctx context.Context, scope kernel.Scope) ([]chain.Key, error) {
	if err := s.Authorizer.Authorize(ctx, "audit.read", kernel.Scope{Tenant: scope.Tenant}); err != nil {
		return nil, err
	}
	return s.published(ctx)
}
