package front

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// accept takes connections and greets each on its own; greet gives it to the
// server of the protocol that the client chose.
func (v *serving) accept(l net.Listener, greet func(net.Conn)) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		v.accepted.Add(1)
		go func() {
			defer v.accepted.Done()
			greet(c)
		}()
	}
}

// greet shakes hands.
func (v *serving) greet(c net.Conn) {
	conn := tls.Server(&stalling{Conn: c, stall: v.config.Stall}, v.config.TLS)
	ctx, cancel := context.WithTimeout(v.requests, handshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		v.failed(conn, err)
		return
	}
	if conn.ConnectionState().NegotiatedProtocol == "h2" {
		v.twos.push(v.metered(conn))
		return
	}
	v.ones.push(&endingTLS{Conn: conn})
}

// failed tells of a handshake. A client that left without a word, as those do that only
// look whether the port is open, is not told of.
func (v *serving) failed(conn *tls.Conn, err error) {
	u := exchange.Unrouted{At: time.Now(), Client: conn.RemoteAddr(), Secure: true, Host: conn.ConnectionState().ServerName, Reason: exchange.TLSFailed}
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.Is(err, io.EOF), v.requests.Err() != nil:
		return
	case kernel.Is(err, kernel.Denied):
		u.Reason = exchange.TLSName
	case errors.As(err, &record):
		u.Reason = exchange.TLSPlain
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		u.Reason = exchange.TLSTimeout
	case strings.Contains(err.Error(), "unsupported versions"): // crypto/tls has no value for it
		u.Reason = exchange.TLSVersion
	}
	v.config.Unrouted(u)
}

// recognise tells HTTP/2 with prior knowledge by its preface (RFC 9113 §3.4).
func (v *serving) recognise(c net.Conn) {
	c = &stalling{Conn: c, stall: v.config.Stall}
	_ = c.SetReadDeadline(time.Now().Add(handshakeTimeout))
	head := make([]byte, len(preface))
	n, err := io.ReadFull(c, head)
	if n == 0 {
		_ = c.Close()
		return
	}
	_ = c.SetReadDeadline(time.Time{})
	c = &begun{Conn: c, head: head[:n]}
	if err == nil && string(head) == preface {
		v.twos.push(v.metered(c))
		return
	}
	v.ones.push(&ending{Conn: c})
}

// preface is how each connection of HTTP/2 begins, as far as it tells it from HTTP/1.1.
const preface = "PRI "

// begun is a connection whose first bytes have been read.
type begun struct {
	net.Conn

	head []byte
}

// Read implements net.Conn.
func (b *begun) Read(p []byte) (int, error) {
	if len(b.head) == 0 {
		return b.Conn.Read(p) //nolint:wrapcheck // the connection's own error
	}
	n := copy(p, b.head)
	b.head = b.head[n:]
	return n, nil
}

// ending notes that the client has ended its side: the parser takes the end of
// the connection for that of a chunked body.
type ending struct {
	net.Conn

	ended bool
}

// Read implements net.Conn.
func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	e.ended = e.ended || err != nil
	return n, err //nolint:wrapcheck // the connection's own error
}

func (e *ending) broke() bool { return e.ended }

// endingTLS is ending with what is asked of connections with TLS.
type endingTLS struct {
	*tls.Conn

	ended bool
}

// Read implements net.Conn.
func (e *endingTLS) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	e.ended = e.ended || err != nil
	return n, err //nolint:wrapcheck // the connection's own error
}

func (e *endingTLS) broke() bool { return e.ended }

// stalling gives each write a deadline: an answer may last as long as it likes,
// but a client that stops reading is cut off.
type stalling struct {
	net.Conn

	stall time.Duration
}

// Write implements net.Conn.
func (s *stalling) Write(b []byte) (int, error) {
	_ = s.SetWriteDeadline(time.Now().Add(s.stall))
	return s.Conn.Write(b) //nolint:wrapcheck // the connection's own error
}

// queue is a listener of connections that were accepted elsewhere.
type queue struct {
	addr   net.Addr
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newQueue(addr net.Addr) *queue {
	return &queue{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (q *queue) push(c net.Conn) {
	select {
	case q.conns <- c:
	case <-q.closed:
		_ = c.Close()
	}
}

// Accept implements net.Listener.
func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (q *queue) Close() error {
	q.once.Do(func() { close(q.closed) })
	return nil
}

// Addr implements net.Listener.
func (q *queue) Addr() net.Addr { return q.addr }
