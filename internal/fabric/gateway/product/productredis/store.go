// Package productredis counts quotas in Redis, for all replicas of a gateway.
//
// It owns the script that counts, and knowing whether Redis is there: while it is not,
// nobody waits for it. What is counted without it is gateway/product's affair.
package productredis

import (
	"context"
	_ "embed"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
)

//go:embed take.lua
var script string

const (
	// DefaultTimeout is how long a call waits for Redis.
	DefaultTimeout = 100 * time.Millisecond
	// pause is how long Redis is left alone before it is asked again.
	pause = 500 * time.Millisecond
	// meeting is how long Redis may take to be given the script.
	meeting = 2 * time.Second
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
	up     atomic.Bool
	// down wakes who looks whether Redis is back.
	down chan string
}

// New returns a Store that is not there before Serve has met Redis.
func New(c Config) *Store {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	return &Store{config: c, take: redis.NewScript(script), down: make(chan string, 1)}
}

// Ready implements product.Shared.
func (s *Store) Ready() bool { return s.up.Load() }

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
			s.fail(err)
		}
		return nil, 0, false
	}
	return reply[1:], int(reply[0]) - 1, true
}

// fail turns sharing off for everybody at once, until Redis is met again.
func (s *Store) fail(err error) {
	if !s.up.CompareAndSwap(true, false) {
		return
	}
	select {
	case s.down <- err.Error():
	default:
	}
}

// Serve looks whether Redis is there until ctx ends.
func (s *Store) Serve(ctx context.Context) error {
	defer s.up.Store(false)
	said := false
	for ctx.Err() == nil {
		why := ""
		if err := s.meet(ctx); err != nil {
			why = err.Error()
		} else {
			select { // what went wrong before is over
			case <-s.down:
			default:
			}
			s.up.Store(true)
			s.config.Log.InfoContext(ctx, "quotas are counted in Redis, for all replicas")
			said = false
			select {
			case why = <-s.down:
			case <-ctx.Done():
				return nil
			}
		}
		if !said && ctx.Err() == nil {
			said = true
			s.config.Log.WarnContext(ctx, "quotas are counted by this process, with what others write: Redis does not answer", "error", why)
		}
		wait(ctx)
	}
	return nil
}

// meet gives Redis the script.
func (s *Store) meet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, meeting)
	defer cancel()
	return s.take.Load(ctx, s.config.Client).Err()
}

func wait(ctx context.Context) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
