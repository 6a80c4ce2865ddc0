package upstream

import (
	"context"
	"fmt"
	"net"
	"sync"
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

	mu   sync.Mutex
	idle []*conn
	// open are all connections, also those in use.
	open   map[*conn]struct{}
	closed bool
}

// take returns a connection: a resting one unless anew is set. sure asks the
// kernel whether it is still open, however short it has rested.
func (p *pool) take(ctx context.Context, anew, sure bool) (*conn, error) {
	for !anew {
		c := p.pop()
		if c == nil {
			break
		}
		if c.fresh(sure) {
			return c, nil
		}
		p.close(c)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	nc, err := p.dial(ctx, p.addr)
	if err != nil {
		return nil, &DialError{Err: fmt.Errorf("connect to %s: %w", p.addr, err)}
	}
	c := newConn(nc)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[*conn]struct{}{}
	}
	p.open[c] = struct{}{}
	return c, nil
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

// rests tells that a connection rests.
func (p *pool) rests() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle) > 0
}

// put lets a connection rest. One that holds what nobody asked for is closed.
func (p *pool) put(c *conn) {
	c.used, c.since = true, time.Now()
	p.mu.Lock()
	keep := !p.closed && len(p.idle) < maxIdle && c.r.Buffered() == 0
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		p.close(c)
	}
}

// close ends a connection.
func (p *pool) close(c *conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

// cut closes every connection, also those in use.
func (p *pool) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for c := range p.open {
		_ = c.Close()
	}
}

// count returns how many connections are open.
func (p *pool) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open)
}

// sweep closes connections that have rested too long; all where the pool ends.
func (p *pool) sweep(now time.Time, all bool) {
	p.mu.Lock()
	p.closed = p.closed || all
	n := 0
	for n < len(p.idle) && (all || now.Sub(p.idle[n].since) > idleTimeout) {
		n++
	}
	old := append([]*conn(nil), p.idle[:n]...)
	p.idle = append(p.idle[:0], p.idle[n:]...)
	p.mu.Unlock()
	for _, c := range old {
		p.close(c)
	}
}

// DialError is a connection that could not be opened: nothing was sent.
type DialError struct{ Err error }

// Error implements error.
func (e *DialError) Error() string { return e.Err.Error() }

// Unwrap implements errors.Unwrap.
func (e *DialError) Unwrap() error { return e.Err }
