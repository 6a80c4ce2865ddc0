// Package upstream carries an exchange to a service and its answer back.
//
// It owns the connections to services, which of a service's instances is asked,
// and what is known of how they do. It does not choose the service, and it
// knows no route.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

const (
	// small is the body of an answer that is read at once, so that its
	// connection rests before the client has it.
	small = 64 << 10
	// replayable is the body of a request that is kept, so that it can be sent again.
	replayable = 64 << 10
	// maxInterim bounds the interim answers (1xx) before the real one.
	maxInterim = 8
)

// Call is one attempt to have an exchange answered.
type Call struct {
	// HeadTimeout bounds the time to the head of the answer, Stall each step of a
	// transfer, Idle how long a stream may rest; all are positive.
	HeadTimeout, Stall, Idle time.Duration
}

// Unseen tells that a service has not been asked, or has said that it did not
// look at the request: asking again harms nobody.
func Unseen(err error) bool {
	var dial *DialError
	return errors.As(err, &dial) || unprocessed(err)
}

// Idempotent tells that a method may be sent twice (RFC 9110 §9.2.2).
func Idempotent(method []byte) bool {
	switch string(method) {
	case fasthttp.MethodGet, fasthttp.MethodHead, fasthttp.MethodOptions, fasthttp.MethodPut, fasthttp.MethodDelete, fasthttp.MethodTrace:
		return true
	}
	return false
}

// doOne speaks HTTP/1.1. A resting connection that the service has closed is
// replaced, where the request may be sent twice; where it may not, it is looked
// at before anything is sent.
func (m *Member) doOne(x *exchange.Exchange, c Call) error {
	again := Idempotent(x.Request.Header.Method())
	s := &session{x: x, call: c, member: m}
	err := s.run(false, !again)
	if again && errors.Is(err, errStale) && x.Body.Rewind() {
		x.Response.Header.Reset()
		err = s.run(true, false)
	}
	return err
}

// errStale is a resting connection that the service had closed.
var errStale = errors.New("the connection had been closed")

// session is one request on one connection.
type session struct {
	x      *exchange.Exchange
	call   Call
	member *Member
	conn   *conn
	// stop ends the watch over the client; nil has none.
	stop func() bool
	// sending is closed when a body that is sent beside the answer has ended;
	// sent is what it ended with.
	sending chan struct{}
	sent    error
	// headed tells that the head of the answer has come.
	headed atomic.Bool
	// fields are the names of the request's head, once the body is known to have a tail.
	fields fields
	body   answerBody
}

func (s *session) run(anew, sure bool) error {
	if limit := s.member.cluster.settings.Limits; limit != nil && limit.MaxConnections > 0 {
		s.member.room(limit.MaxConnections, anew)
	}
	ctx := s.x.Context()
	var err error
	if s.conn, err = s.member.pool.take(ctx, anew, sure); err != nil {
		return err
	}
	if s.x.Proto == 2 { // a client that leaves takes its request along
		c := s.conn
		s.stop = context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	}
	if err = s.exchange(); err != nil {
		if s.stop != nil {
			s.stop()
		}
		s.abandon()
		if broken := s.x.Body.Err(); broken != nil {
			return broken //nolint:wrapcheck // the client's
		}
		if s.conn.used && isClosed(err) {
			return errors.Join(errStale, err)
		}
		return err
	}
	return s.deliver()
}

// room closes a resting connection where all places are taken, unless one of the
// member's own that rests is going to be used.
func (m *Member) room(limit int, anew bool) {
	if !anew && m.pool.rests() {
		return
	}
	c, open := m.cluster, 0
	for _, m := range *c.members.Load() {
		open += m.pool.count()
	}
	if open >= limit {
		c.evict()
	}
}

// abandon closes the connection and waits for what is still being sent.
func (s *session) abandon() {
	s.member.pool.close(s.conn)
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
	if s.sending != nil {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.call.HeadTimeout))
	}
	resp := &s.x.Response.Header
	for range maxInterim {
		if err := readHead(s.conn.r, resp); err != nil {
			return err
		}
		switch code := resp.StatusCode(); {
		case code == fasthttp.StatusSwitchingProtocols:
			return switched(&s.x.Request.Header, resp)
		case code >= 200:
			s.headed.Store(true)
			return nil
		}
		s.interim(resp)
	}
	return errors.New("too many interim answers")
}

// send writes the head and the body. A body that is not at hand is sent beside
// the reading of the answer, which may come first.
func (s *session) send() error {
	body := s.x.Body
	whole := body.Empty()
	if !whole {
		var err error
		if whole, err = body.Keep(replayable); err != nil {
			return err //nolint:wrapcheck // the client's
		}
	}
	h := &s.x.Request.Header
	switch {
	case whole && s.tail() != nil:
		h.SetContentLength(-1)
		return s.sendChunked()
	case body.Empty():
	case whole:
		h.SetContentLength(len(body.Whole()))
	default:
		h.SetContentLength(int(body.Length))
	}
	_ = s.conn.SetDeadline(time.Now().Add(s.call.HeadTimeout))
	if err := h.Write(s.conn.w); err != nil {
		return fmt.Errorf("send the request: %w", err)
	}
	if whole {
		if !body.Empty() {
			_, _ = s.conn.w.Write(body.Whole())
		}
		return s.conn.w.Flush() //nolint:wrapcheck // judged by its kind
	}
	s.sending = make(chan struct{})
	go func() {
		defer close(s.sending)
		s.sent = s.stream(body)
	}()
	return nil
}

// sendChunked writes a body that is at hand and has fields behind it.
func (s *session) sendChunked() error {
	_ = s.conn.SetDeadline(time.Now().Add(s.call.HeadTimeout))
	if err := s.x.Request.Header.Write(s.conn.w); err != nil {
		return fmt.Errorf("send the request: %w", err)
	}
	out := httputil.NewChunkedWriter(s.conn.w)
	if content := s.x.Body.Whole(); len(content) > 0 {
		_, _ = out.Write(content)
	}
	_ = out.Close()
	return s.sendTail()
}

// tail is what came behind the body.
func (s *session) tail() http.Header {
	if !s.x.Body.Tailed() {
		return nil
	}
	if s.fields == nil { // before anything is sent beside the answer
		s.fields = fieldsOf(&s.x.Request.Header)
	}
	return s.x.Body.Trailer(s.fields.has)
}

// fields are the names of a head, as a careless service tells them apart.
type fields map[string]bool

func fieldsOf(h *fasthttp.RequestHeader) fields {
	f := fields{}
	for name := range h.All() {
		f[careless(string(name))] = true
	}
	return f
}

func (f fields) has(name string) bool { return f[careless(name)] }

// careless is a name as CGI writes it (RFC 3875 §4.1.18).
func careless(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

// sendTail ends a body in chunks.
func (s *session) sendTail() error {
	for name, values := range s.tail() {
		for _, value := range values {
			_, _ = fmt.Fprintf(s.conn.w, "%s: %s\r\n", name, value)
		}
	}
	_, _ = s.conn.w.WriteString("\r\n")
	return s.conn.w.Flush() //nolint:wrapcheck // judged by its kind
}

// stream sends a body as it comes.
func (s *session) stream(body *exchange.Body) error {
	w := &stalling{s: s}
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
			return s.sendTail()
		case err != nil:
			_ = s.conn.Close() // half a body must not look whole
			return err         //nolint:wrapcheck // the client's
		}
	}
}

// stalling gives each write a deadline; the time to the answer's head begins
// anew with each.
type stalling struct{ s *session }

// Write implements io.Writer.
func (w *stalling) Write(b []byte) (int, error) {
	now := time.Now()
	_ = w.s.conn.SetWriteDeadline(now.Add(w.s.call.Stall))
	if !w.s.headed.Load() {
		_ = w.s.conn.SetReadDeadline(now.Add(w.s.call.HeadTimeout))
	}
	return w.s.conn.w.Write(b) //nolint:wrapcheck // judged by its kind
}

type nopCloser struct{ io.Writer }

// Close implements io.Closer.
func (nopCloser) Close() error { return nil }
