// Package productredis counts quotas in Redis, for all replicas of a gateway.
//
// It owns the script that counts. What is counted without it is gateway/product's affair.
package productredis

import (
	"context"
	_ "embed"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/platform/redislink"
)

//go:embed take.lua
var script string

const (
	// DefaultTimeout is how long a call waits for Redis.
	DefaultTimeout = 100 * time.Millisecond
	// grace is how long a counter outlives its period: clocks differ.
	grace = time.Hour
)

// Config is what a Store needs.
type Config struct {
	// Client never repeats a call: a claim would count twice.
	Client *redis.Client
	Log    *slog.Logger
	// Timeout is how long a call waits; 0 is DefaultTimeout.
	Timeout time.Duration
}

// Store implements product.Shared once it is served.
type Store struct {
	config Config
	take   *redis.Script
	link   *redislink.Link
}

// New returns a Store that is not there before Serve has met Redis.
func New(c Config) *Store {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	take := redis.NewScript(script)
	return &Store{config: c, take: take, link: redislink.New(redislink.Config{
		Client: c.Client, Script: take, Log: c.Log,
		Shared: "quotas are counted in Redis, for all replicas", Alone: "quotas are counted by this process, with what others write",
	})}
}

// Ready implements product.Shared.
func (s *Store) Ready() bool { return s.link.Up() }

// Take implements product.Shared.
func (s *Store) Take(ctx context.Context, claims []product.Claim) (used []int64, refused int, ok bool) {
	keys, args := make([]string, len(claims)), make([]any, 0, 5*len(claims))
	for i, c := range claims {
		keys[i] = c.Key
		args = append(args, c.Known, c.Late, c.Cost, c.Limit, c.Until.Add(grace).Unix())
	}
	within, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	reply, err := s.take.EvalSha(within, s.config.Client, keys, args...).Int64Slice()
	if err == nil && len(reply) != 1+len(claims) {
		err = errors.New("redis answers what the script does not say")
	}
	if err != nil {
		if ctx.Err() == nil { // else it is the client who has gone
			s.link.Fail(err)
		}
		return nil, 0, false
	}
	return reply[1:], int(reply[0]) - 1, true
}

// Serve looks whether Redis is there until ctx ends.
func (s *Store) Serve(ctx context.Context) error {
	s.link.Serve(ctx)
	return nil
}
