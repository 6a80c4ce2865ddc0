package upstream

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	dialTimeout = 5 * time.Second
	idleTimeout = 90 * time.Second
	// maxIdle is how many resting connections to one address are kept: the
	// standard library's two cost more than half of the throughput.
	maxIdle = 256
)

// Dialer opens connections to services.
type Dialer func(ctx context.Context, addr string) (net.Conn, error)

// pool keeps the connections to one address. The one that came to rest last is
// used first, so that the others can end.
type pool struct {
	addr string
	dial Dialer

	mu     sync.Mutex
	idle   []*conn
	closed bool
	// active counts the requests that are under way.
	active atomic.Int64
}

// take returns a connection: a resting one unless anew is set.
func (p *pool) take(ctx context.Context, anew bool) (*conn, error) {
	now := time.Now()
	for !anew {
		c := p.pop()
		if c == nil {
			break
		}
		if c.fresh(now) {
			return c, nil
		}
		_ = c.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	nc, err := p.dial(ctx, p.addr)
	if err != nil {
		return nil, &DialError{Err: fmt.Errorf("connect to %s: %w", p.addr, err)}
	}
	return newConn(nc), nil
}

func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	c := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return c
}

// put lets a connection rest.
func (p *pool) put(c *conn) {
	c.used, c.since = true, time.Now()
	p.mu.Lock()
	if keep := !p.closed && len(p.idle) < maxIdle; keep {
		p.idle = append(p.idle, c)
		c = nil
	}
	p.mu.Unlock()
	if c != nil {
		_ = c.Close()
	}
}

// sweep closes what has rested too long; all where the pool is closed.
func (p *pool) sweep(now time.Time, all bool) {
	p.mu.Lock()
	p.closed = p.closed || all
	var old []*conn
	n := 0
	for n < len(p.idle) && (all || now.Sub(p.idle[n].since) > idleTimeout) {
		n++
	}
	old = append(old, p.idle[:n]...)
	p.idle = append(p.idle[:0], p.idle[n:]...)
	p.mu.Unlock()
	for _, c := range old {
		_ = c.Close()
	}
}

// DialError is a connection that could not be opened: nothing was sent.
type DialError struct{ Err error }

// Error implements error.
func (e *DialError) Error() string { return e.Err.Error() }

// Unwrap implements errors.Unwrap.
func (e *DialError) Unwrap() error { return e.Err }
