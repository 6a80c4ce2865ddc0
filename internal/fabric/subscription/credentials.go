package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/webhook"
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
type Key = webhook.Key

// credentials makes those of a new subscription.
func credentials(s Sink, secret string) (Credentials, error) {
	if s.Webhook == nil {
		return Credentials{Password: secret}, nil
	}
	if secret == "" {
		return Credentials{Keys: []Key{webhook.NewKey()}}, nil
	}
	key, err := webhook.ParseKey(secret)
	return Credentials{Keys: []Key{key}}, err
}

// rotated puts a new key before the present one, which signs a while longer.
func (c Credentials) rotated(key Key, now time.Time) Credentials {
	return Credentials{Keys: webhook.Rotated(c.Keys, key, now), Password: c.Password}
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
