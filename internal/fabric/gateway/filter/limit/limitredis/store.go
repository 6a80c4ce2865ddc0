// Package limitredis counts limits in Redis, for all replicas of a gateway.
//
// It owns the script that counts, and the batches that calls travel in. What is counted
// without it is the limits' own affair.
package limitredis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/platform/redislink"
)

//go:embed take.lua
var script string

const (
	// DefaultTimeout is how long one batch may take.
	DefaultTimeout = 100 * time.Millisecond
	// workers are how many batches are under way at once, each of at most batch calls.
	workers = 4
	batch   = 256
	// queued is how many calls may wait for a batch.
	queued = 8192
)

// Config is what a Store needs.
type Config struct {
	Client *redis.Client
	Log    *slog.Logger
	// Timeout is how long one batch may take; 0 is DefaultTimeout.
	Timeout time.Duration
	// Registerer gets the metrics; nil has none.
	Registerer prometheus.Registerer
}

// Store implements limit.Shared once it is served.
type Store struct {
	config Config
	take   *redis.Script
	link   *redislink.Link
	calls  chan *call
	locals prometheus.Counter
}

// call is one on its way; done is told once, unless nobody waits.
type call struct {
	keys   []string
	args   []any
	claims int
	reply  []int64
	err    error
	done   chan struct{}
}

// New returns a Store that is not there before Serve has met Redis.
func New(c Config) (*Store, error) {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	s := &Store{config: c, take: redis.NewScript(script), calls: make(chan *call, queued)}
	s.link = redislink.New(redislink.Config{
		Client: c.Client, Script: s.take, Log: c.Log,
		Shared: "limits are counted in Redis, for all replicas", Alone: "limits are counted by this process alone",
	})
	s.locals = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "terrace_gateway_limits_local_total", Help: "Decisions on limits that were taken without Redis since it did not answer.",
	})
	if c.Registerer == nil {
		return s, nil
	}
	shared := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "terrace_gateway_limits_shared", Help: "Whether limits are counted in Redis, for all replicas (1), or by this process alone (0).",
	}, func() float64 {
		if s.link.Up() {
			return 1
		}
		return 0
	})
	for _, metric := range []prometheus.Collector{s.locals, shared} {
		if err := c.Registerer.Register(metric); err != nil {
			return nil, fmt.Errorf("metrics of limits: %w", err)
		}
	}
	return s, nil
}

// Options reads the URL of Redis, redis:// or rediss://, for a client whose
// calls are bounded and never repeated: a claim would count twice.
func Options(url string) (*redis.Options, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("the URL of Redis: %w", err)
	}
	o.MaxRetries, o.ContextTimeoutEnabled = -1, true
	o.DialTimeout, o.DialerRetries = time.Second, 1
	return o, nil
}

// Ready implements limit.Shared.
func (s *Store) Ready() bool {
	up := s.link.Up()
	if !up {
		s.locals.Inc()
	}
	return up
}

// Take implements limit.Shared.
func (s *Store) Take(ctx context.Context, claims []limit.Claim) (limit.Reply, bool) {
	c := newCall(claims, false)
	c.done = make(chan struct{})
	if !s.enqueue(c) {
		return limit.Reply{}, false
	}
	patience := time.NewTimer(4 * s.config.Timeout)
	defer patience.Stop()
	select {
	case <-c.done:
	case <-ctx.Done():
		return limit.Reply{}, false
	case <-patience.C: // too many wait
		s.locals.Inc()
		return limit.Reply{}, false
	}
	if c.err != nil {
		s.locals.Inc()
		return limit.Reply{}, false
	}
	r := limit.Reply{Refused: int(c.reply[0]) - 1, Ahead: c.reply[1:]}
	for i := range r.Ahead {
		r.Ahead[i] *= int64(time.Microsecond)
	}
	return r, true
}

// Add implements limit.Shared. What finds no room is only counted here.
func (s *Store) Add(claims []limit.Claim) { s.enqueue(newCall(claims, true)) }

func (s *Store) enqueue(c *call) bool {
	select {
	case s.calls <- c:
		return true
	default:
		s.locals.Inc()
		return false
	}
}

func newCall(claims []limit.Claim, force bool) *call {
	c := &call{args: make([]any, 1, 1+5*len(claims))}
	c.args[0] = flag(force)
	for _, of := range claims {
		c.keys = append(c.keys, of.Key)
		c.args = append(c.args, flag(of.Counts), len(of.Windows))
		c.claims += len(of.Windows)
		for _, w := range of.Windows {
			c.args = append(c.args, w.Name, micros(w.Step), micros(w.Tolerance))
		}
	}
	return c
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// micros writes nanoseconds as microseconds, with what is below them.
func micros(nanoseconds int64) float64 { return float64(nanoseconds) / 1000 }

// Serve counts until ctx ends.
func (s *Store) Serve(ctx context.Context) error {
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { s.work(ctx) })
	}
	s.link.Serve(ctx)
	wg.Wait()
	s.drop(ctx.Err())
	return nil
}

// work sends batches of whatever waits.
func (s *Store) work(ctx context.Context) {
	for {
		select {
		case first := <-s.calls:
			s.send(ctx, s.gather(first))
		case <-ctx.Done():
			return
		}
	}
}

func (s *Store) gather(first *call) []*call {
	calls := []*call{first}
	for len(calls) < batch {
		select {
		case c := <-s.calls:
			calls = append(calls, c)
		default:
			return calls
		}
	}
	return calls
}

var errDown = errors.New("redis does not answer")

// send has a batch counted, or tells its calls that it was not.
func (s *Store) send(ctx context.Context, calls []*call) {
	err := errDown
	if s.link.Up() {
		if err = s.exchange(ctx, calls); err != nil {
			s.link.Fail(err)
		}
	}
	for _, c := range calls {
		if err != nil && c.reply == nil {
			c.err = err
		}
		if c.done != nil {
			close(c.done)
		}
	}
}

func (s *Store) exchange(ctx context.Context, calls []*call) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	pipe := s.config.Client.Pipeline()
	replies := make([]*redis.Cmd, len(calls))
	for i, c := range calls {
		replies[i] = s.take.EvalSha(ctx, pipe, c.keys, c.args...)
	}
	_, failed := pipe.Exec(ctx)
	for i, c := range calls {
		reply, err := replies[i].Int64Slice()
		switch {
		case err == nil && len(reply) == 1+c.claims:
			c.reply = reply
		case err == nil:
			failed = errors.New("redis answers what the script does not say")
		case failed == nil:
			failed = err
		}
	}
	if failed != nil && strings.HasPrefix(failed.Error(), "NOSCRIPT") { // it forgot, and is told again by who watches
		failed = fmt.Errorf("redis has forgotten the script: %w", failed)
	}
	return failed
}

// drop ends the calls that nobody will take any more.
func (s *Store) drop(err error) {
	for {
		select {
		case c := <-s.calls:
			if c.err = err; c.done != nil {
				close(c.done)
			}
		default:
			return
		}
	}
}
