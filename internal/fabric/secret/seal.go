package secret

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// alphabet has 64 characters that need no escape in a URL, so that a random
// byte maps onto it without bias.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// seal keeps a version and records that it was made.
func (s *Service) seal(ctx context.Context, info Info, plain []byte) (Info, error) {
	if actor, ok := kernel.ActorFrom(ctx); ok {
		info.CreatedBy, info.CreatedByName = actor.ID, actor.Name
	}
	info.CreatedAt = s.Clock.Now()
	sealed, err := s.Sealer.SealFor(ctx, info.Scope.Tenant, plain, Associated(info))
	if err != nil {
		return Info{}, fmt.Errorf("seal secret %s: %w", info.Name, err)
	}
	v := Version{Info: info, Sealed: sealed, Known: s.Known != nil}
	if err := s.keep(ctx, v); err != nil {
		return Info{}, err
	}
	if err := s.known().Keep(ctx, info.Scope, info.Name, info.Version, v.values(plain)); err != nil {
		return Info{}, fmt.Errorf("know secret %s again: %w", info.Name, err)
	}
	return info, s.Journal.Record(ctx, kernel.Fact{
		Type: "secret.changed", Scope: info.Scope, Subject: info.Name,
		Data: map[string]any{"version": info.Version, "generated": info.Generated},
	})
}

func (s *Service) open(ctx context.Context, v Version) ([]byte, error) {
	plain, err := s.Sealer.Open(ctx, v.Sealed, Associated(v.Info))
	if err != nil {
		return nil, fmt.Errorf("open secret %s version %d: %w", v.Name, v.Version, err)
	}
	return plain, nil
}

// Associated binds a sealed value to its place, so that it opens nowhere else.
func Associated(i Info) []byte {
	return []byte("secret/" + i.Scope.Tenant + "/" + i.Scope.Project + "/" + i.Scope.Stage + "/" + i.Name + "/" + strconv.Itoa(i.Version))
}

func generate(length int) []byte {
	b := make([]byte, length)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	for i := range b {
		b[i] = alphabet[b[i]&63]
	}
	return b
}
