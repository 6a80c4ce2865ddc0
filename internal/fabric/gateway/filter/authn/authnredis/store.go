// Package authnredis has replicas of the gateway tell each other, through Redis,
// which sign-ins were taken and which sessions have ended.
//
// It implements authn.Shared, and decides nothing: what is done without Redis is
// the filter's to say. Words are kept by their SHA-256, since they name people.
package authnredis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// prefix parts the keys from those of others in the same Redis.
const prefix = "terrace:gateway:authn:"

// Store is authn.Shared on Redis.
type Store struct{ client *redis.Client }

// New returns a Store; the client is its owner's to close.
func New(client *redis.Client) *Store { return &Store{client} }

func key(word string) string {
	sum := sha256.Sum256([]byte(word))
	return prefix + hex.EncodeToString(sum[:16])
}

// First implements authn.Shared. The value is until when the key is kept.
func (s *Store) First(ctx context.Context, word string, until time.Time) (bool, error) {
	mine, err := s.client.SetNX(ctx, key(word), until.Unix(), max(time.Until(until), time.Second)).Result()
	if err != nil {
		return false, fmt.Errorf("keep a word in Redis: %w", err)
	}
	return mine, nil
}

// Keep implements authn.Shared.
func (s *Store) Keep(ctx context.Context, word string, until time.Time) error {
	if err := s.client.Set(ctx, key(word), until.Unix(), max(time.Until(until), time.Second)).Err(); err != nil {
		return fmt.Errorf("keep a word in Redis: %w", err)
	}
	return nil
}

// Until implements authn.Shared.
func (s *Store) Until(ctx context.Context, words []string) ([]time.Time, error) {
	keys := make([]string, len(words))
	for i, word := range words {
		keys[i] = key(word)
	}
	values, err := s.client.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, fmt.Errorf("ask Redis for words: %w", err)
	}
	out := make([]time.Time, len(words))
	for i, value := range values {
		text, _ := value.(string)
		if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
			out[i] = time.Unix(seconds, 0)
		}
	}
	return out, nil
}
