package subscription

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// keyPrefix and the bounds of a key are those of Standard Webhooks.
	keyPrefix      = "whsec_"
	keyBytes       = 32
	minKey, maxKey = 24, 64
	// keyOverlap is how long webhooks carry the signature of the former key, too.
	keyOverlap = 24 * time.Hour
)

// Credentials open a sink.
type Credentials struct {
	// Keys sign webhooks, the newest first: whsec_ and base64.
	Keys []Key `json:"keys,omitempty"`
	// Password is that of NATS or Kafka.
	Password string `json:"password,omitempty"`
	// Referred is where the keys or the password are instead.
	Referred *Referred `json:"referred,omitempty"`
	// Parts is who has written the references in the sink itself: they are read with what that actor may do.
	Parts *kernel.Actor `json:"parts,omitempty"`
	// Hidden are the values of these, which nobody is shown.
	Hidden []string `json:"-"`
}

// Key signs webhooks until a time; the newest has none.
type Key struct {
	Value string     `json:"value"`
	Until *time.Time `json:"until,omitempty"`
}

// Bytes returns what signs.
func (k Key) Bytes() []byte {
	b, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(k.Value, keyPrefix)) // checked when it was taken
	return b
}

func newKey() Key {
	b := make([]byte, keyBytes)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return Key{Value: keyPrefix + base64.StdEncoding.EncodeToString(b)}
}

// credentials makes those of a new subscription.
func credentials(s Sink, secret string) (Credentials, error) {
	if s.Webhook == nil {
		return Credentials{Password: secret}, nil
	}
	if secret == "" {
		return Credentials{Keys: []Key{newKey()}}, nil
	}
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, keyPrefix))
	if err != nil || len(b) < minKey || len(b) > maxKey {
		return Credentials{}, kernel.Errorf(kernel.Invalid, "this is no signing secret").
			WithFix("use whsec_ and %d to %d bytes in base64, or give none to have one made", minKey, maxKey)
	}
	return Credentials{Keys: []Key{{Value: keyPrefix + strings.TrimPrefix(secret, keyPrefix)}}}, nil
}

// rotated puts a new key before the present one, which signs a while longer.
func (c Credentials) rotated(key Key, now time.Time) Credentials {
	until := now.Add(keyOverlap)
	keys := []Key{key}
	if len(c.Keys) > 0 {
		keys = append(keys, Key{Value: c.Keys[0].Value, Until: &until})
	}
	return Credentials{Keys: keys, Password: c.Password}
}

func (s *Service) seal(ctx context.Context, sub Subscription, c Credentials) ([]byte, error) {
	plain, err := json.Marshal(c) //nolint:gosec // it is sealed at once
	if err != nil {
		return nil, fmt.Errorf("seal credentials: %w", err)
	}
	return s.Sealer.SealFor(ctx, sub.Scope.Tenant, plain, Associated(sub))
}

func (s *Service) unseal(ctx context.Context, sub Subscription) (c Credentials, err error) {
	plain, err := s.Sealer.Open(ctx, sub.Sealed, Associated(sub))
	if err != nil {
		return c, fmt.Errorf("open the credentials of subscription %s: %w", sub.Name, err)
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, fmt.Errorf("read the credentials of subscription %s: %w", sub.Name, err)
	}
	return c, nil
}

// Associated is what the sealed credentials of a subscription are bound to.
func Associated(s Subscription) []byte { return []byte("subscription/" + s.Scope.Tenant + "/" + s.ID) }
