// Package redislink knows whether a Redis is there that replicas count in: while it is not,
// nobody waits for it.
//
// It owns one bit, the loop that looks, and the lines of the log about it. What is counted
// there, with which script, and what is done without it, are its users' affair.
package redislink

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// pause is how long Redis is left alone before it is asked again.
	pause = 500 * time.Millisecond
	// meeting is how long Redis may take to be given the script.
	meeting = 2 * time.Second
)

// Config is what a Link needs.
type Config struct {
	Client *redis.Client
	// Script is given to Redis each time that it is met.
	Script *redis.Script
	Log    *slog.Logger
	// Shared and Alone are what the log says once Redis is there, and once it is not.
	Shared, Alone string
}

// Link is a way to Redis that may be down. It is so before Serve has met Redis.
type Link struct {
	config Config
	up     atomic.Bool
	// down wakes who looks whether Redis is back.
	down chan error
}

// New returns a Link that is down.
func New(c Config) *Link { return &Link{config: c, down: make(chan error, 1)} }

// Up tells whether Redis is there.
func (l *Link) Up() bool { return l.up.Load() }

// Fail takes the way down for everybody at once, until Redis is met again.
func (l *Link) Fail(err error) {
	if !l.up.CompareAndSwap(true, false) {
		return
	}
	select {
	case l.down <- err:
	default:
	}
}

// Serve looks whether Redis is there until ctx ends.
func (l *Link) Serve(ctx context.Context) {
	defer l.up.Store(false)
	for said := false; ctx.Err() == nil; {
		why := l.meet(ctx)
		if why == nil {
			select {
			case before := <-l.down:
				l.config.Log.DebugContext(ctx, "what went wrong with Redis before is over", "error", before)
			default:
			}
			l.up.Store(true)
			l.config.Log.InfoContext(ctx, l.config.Shared)
			said = false
			select {
			case why = <-l.down:
			case <-ctx.Done():
				return
			}
		}
		if !said && ctx.Err() == nil {
			said = true
			l.config.Log.WarnContext(ctx, l.config.Alone+": Redis does not answer", "error", why)
		}
		wait(ctx)
	}
}

// meet gives Redis the script.
func (l *Link) meet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, meeting)
	defer cancel()
	return l.config.Script.Load(ctx, l.config.Client).Err() //nolint:wrapcheck // the line of the log says of what
}

func wait(ctx context.Context) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
