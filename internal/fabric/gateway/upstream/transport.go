// Package upstream carries an exchange to a service and its answer back.
//
// It owns the connections to services. It does not choose the service, and it
// knows no route.
package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http/httputil"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

const (
	// small is the body of an answer that is read at once, so that its
	// connection rests before the client has it.
	small = 64 << 10
	// replayable is the body of a request that is kept, to be sent again where
	// a resting connection turns out to be closed.
	replayable = 64 << 10
	// maxInterim bounds the interim answers (1xx) before the real one.
	maxInterim = 8
)

// Transport keeps a pool of connections per address.
type Transport struct {
	dial Dialer

	mu    sync.RWMutex
	pools map[string]*pool
}

// NewTransport returns a Transport; its owner closes it.
func NewTransport(dial Dialer) *Transport {
	if dial == nil {
		d := &net.Dialer{KeepAlive: 30 * time.Second}
		dial = func(ctx context.Context, addr string) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) }
	}
	return &Transport{dial: dial, pools: map[string]*pool{}}
}

// Close drops the resting connections; those in use end with their exchange.
func (t *Transport) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.pools {
		p.sweep(time.Time{}, true)
	}
	t.pools = map[string]*pool{}
}

// Sweep closes connections that have rested too long, and forgets addresses
// without any.
func (t *Transport) Sweep(context.Context) error {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for addr, p := range t.pools {
		p.sweep(now, false)
		if p.active.Load() == 0 && p.resting() == 0 {
			delete(t.pools, addr)
		}
	}
	return nil
}

func (p *pool) resting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// pool returns the pool of an address with a request counted in it.
func (t *Transport) pool(addr string) *pool {
	t.mu.RLock()
	p := t.pools[addr]
	if p != nil {
		p.active.Add(1)
	}
	t.mu.RUnlock()
	if p != nil {
		return p
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p = t.pools[addr]; p == nil {
		p = &pool{addr: addr, dial: t.dial}
		t.pools[addr] = p
	}
	p.active.Add(1)
	return p
}

// Active returns how many requests an address has under way.
func (t *Transport) Active(addr string) int64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if p := t.pools[addr]; p != nil {
		return p.active.Load()
	}
	return 0
}

// Call is one attempt to have an exchange answered.
type Call struct {
	// Addr is the host:port of the service.
	Addr string
	// HeadTimeout bounds the time to the head of the answer, Stall each step of a
	// transfer; both are positive.
	HeadTimeout, Stall time.Duration
}

// Do sends the exchange's request and reads the head of the answer into it. The
// body follows as a stream, unless it is small. On an error the answer is
// untouched; Sent tells whether the service may have seen the request.
func (t *Transport) Do(x *exchange.Exchange, c Call) error {
	p := t.pool(c.Addr)
	s := &session{x: x, call: c, pool: p}
	err := s.run(false)
	if errors.Is(err, errStale) && x.Body.Rewind() {
		err = s.run(true)
	}
	if err != nil {
		p.active.Add(-1)
	}
	return err
}

// errStale is a resting connection that the service had closed: it has not
// seen the request, or not looked at it.
var errStale = errors.New("the connection had been closed")

// session is one request on one connection.
type session struct {
	x    *exchange.Exchange
	call Call
	pool *pool
	conn *conn
	// sending is closed when a body that is sent beside the answer has ended;
	// sent is what it ended with.
	sending chan struct{}
	sent    error
}

func (s *session) run(anew bool) error {
	ctx := s.x.Context()
	var err error
	if s.conn, err = s.pool.take(ctx, anew); err != nil {
		return err
	}
	// A client that leaves takes its request along.
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) })
	if err = s.exchange(); err != nil {
		stop()
		s.abandon()
		if s.conn.used && isClosed(err) {
			return errors.Join(errStale, err)
		}
		return err
	}
	s.deliver(stop)
	return nil
}

// abandon closes the connection and waits for what is still being sent.
func (s *session) abandon() {
	_ = s.conn.Close()
	if s.sending != nil {
		s.x.Abort()
		<-s.sending
		s.sending = nil
	}
}

func isClosed(err error) bool {
	var op *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op) && !op.Timeout()
}

// exchange sends the request and reads the head of the answer.
func (s *session) exchange() error {
	if err := s.send(); err != nil {
		return err
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(s.call.HeadTimeout))
	resp := &s.x.Response.Header
	for range maxInterim {
		_, err := s.conn.r.Peek(1)
		if err == nil {
			err = resp.Read(s.conn.r)
		}
		if err != nil {
			if s.sending != nil && s.sent != nil && s.x.Body.Err() != nil {
				return s.x.Body.Err()
			}
			return err //nolint:wrapcheck // judged by its kind
		}
		if code := resp.StatusCode(); code >= 200 || code == fasthttp.StatusSwitchingProtocols {
			return nil
		}
	}
	return errors.New("too many interim answers")
}

// send writes the head and the body. A body that is not at hand is sent beside
// the reading of the answer, which may come first.
func (s *session) send() error {
	body := s.x.Body
	whole, err := body.Keep(replayable)
	if err != nil {
		return err
	}
	h := &s.x.Request.Header
	switch {
	case body.Empty():
	case whole:
		h.SetContentLength(len(body.Whole()))
	default:
		h.SetContentLength(int(body.Length))
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.call.Stall))
	if err := h.Write(s.conn.w); err != nil {
		return err //nolint:wrapcheck // judged by its kind
	}
	if body.Empty() || whole {
		_, _ = s.conn.w.Write(body.Whole())
		return s.conn.w.Flush() //nolint:wrapcheck // judged by its kind
	}
	s.sending = make(chan struct{})
	go func() {
		defer close(s.sending)
		s.sent = s.stream(body)
	}()
	return nil
}

// stream sends a body as it comes.
func (s *session) stream(body *exchange.Body) error {
	w := &stalling{conn: s.conn, stall: s.call.Stall}
	out := io.WriteCloser(nopCloser{w})
	if body.Length < 0 {
		out = httputil.NewChunkedWriter(w)
	}
	if err := s.conn.w.Flush(); err != nil {
		return err //nolint:wrapcheck // judged by its kind
	}
	buffer := buffers.Get().(*[]byte) //nolint:forcetypeassert // what is stored
	defer buffers.Put(buffer)
	for {
		n, err := body.Read(*buffer)
		if n > 0 {
			if _, err := out.Write((*buffer)[:n]); err != nil {
				return err //nolint:wrapcheck // judged by its kind
			}
			if err := s.conn.w.Flush(); err != nil {
				return err //nolint:wrapcheck // judged by its kind
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			if err := out.Close(); err != nil || body.Length >= 0 {
				return err //nolint:wrapcheck // judged by its kind
			}
			_, _ = s.conn.w.WriteString("\r\n")
			return s.conn.w.Flush() //nolint:wrapcheck // judged by its kind
		case err != nil:
			_ = s.conn.Close() // half a body must not look whole
			return err
		}
	}
}

// stalling gives each write a deadline.
type stalling struct {
	conn  *conn
	stall time.Duration
}

// Write implements io.Writer.
func (s *stalling) Write(b []byte) (int, error) {
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.stall))
	return s.conn.w.Write(b) //nolint:wrapcheck // judged by its kind
}

type nopCloser struct{ io.Writer }

// Close implements io.Closer.
func (nopCloser) Close() error { return nil }
