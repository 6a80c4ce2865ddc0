package upstream

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// newTwo returns what speaks HTTP/2; nil where the service does not.
func (c *Cluster) newTwo(secure func() *tls.Config) *http.Transport {
	if !c.settings.Two() {
		return nil
	}
	t := &http.Transport{
		DisableCompression: true, IdleConnTimeout: idleTimeout, Protocols: &http.Protocols{},
		MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: dialTimeout,
		HTTP2:       &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second, WriteByteTimeout: 30 * time.Second},
		DialContext: inTime(c.dial),
	}
	if secure != nil {
		t.DialTLSContext = inTime(secured(c.dial, secure, "h2"))
	}
	if l := c.settings.Limits; l != nil {
		t.MaxConnsPerHost = l.MaxConnections
	}
	speak(t.Protocols, &c.settings)
	return t
}

// inTime bounds how long it takes to connect, and says that it was that which failed.
func inTime(dial Dialer) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		conn, err := dial(ctx, addr)
		if err != nil {
			return nil, &DialError{Err: err}
		}
		return conn, nil
	}
}

// unprocessed tells that a service has refused a stream without looking at it
// (RFC 9113 §8.7). The standard library says so in words alone.
func unprocessed(err error) bool {
	return err != nil && strings.Contains(err.Error(), "REFUSED_STREAM")
}

// errHeadTimeout is an answer whose head did not come in time.
var errHeadTimeout = timeoutError{}

type timeoutError struct{}

// Error implements error.
func (timeoutError) Error() string { return "the head of the answer did not come in time" }

// Timeout implements net.Error.
func (timeoutError) Timeout() bool { return true }

// Temporary implements net.Error.
func (timeoutError) Temporary() bool { return true }

// doTwo speaks HTTP/2.
func (m *Member) doTwo(x *exchange.Exchange, c Call) error {
	ctx, cancel := context.WithCancelCause(x.Context())
	late := time.AfterFunc(c.HeadTimeout, func() { cancel(errHeadTimeout) })
	sending := &sending{body: x.Body, late: late, timeout: c.HeadTimeout}
	req, err := m.request(ctx, x, sending)
	if err != nil {
		late.Stop()
		cancel(nil)
		return err
	}
	if x.Interim != nil {
		h := &hints{x: x}
		defer h.end()
		req = req.WithContext(httptrace.WithClientTrace(ctx, h.trace()))
	}
	resp, err := m.cluster.two.RoundTrip(req)
	if !late.Stop() && err == nil {
		_ = resp.Body.Close()
		err = errHeadTimeout
	}
	if err != nil {
		if errors.Is(context.Cause(ctx), errHeadTimeout) {
			err = errHeadTimeout
		}
		cancel(nil)
		sending.settle(x)
		if broken := x.Body.Err(); broken != nil {
			return broken //nolint:wrapcheck // the client's
		}
		return err //nolint:wrapcheck // judged by its kind
	}
	m.receive(x, c, resp, cancel, sending)
	return nil
}

// request translates the exchange's.
func (m *Member) request(ctx context.Context, x *exchange.Exchange, s *sending) (*http.Request, error) {
	h := &x.Request.Header
	scheme := "http"
	if m.cluster.settings.Secure() {
		scheme = "https"
	}
	req, err := http.NewRequestWithContext(ctx, string(h.Method()), scheme+"://"+m.Addr+string(h.RequestURI()), nil)
	if err != nil {
		return nil, &MessageError{Reason: "it cannot be asked over HTTP/2"}
	}
	req.Host = string(h.Host())
	for name, value := range h.All() {
		switch key := string(name); key {
		case "Host", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade":
		default:
			req.Header.Add(key, string(value))
		}
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header["User-Agent"] = nil
	}
	if x.IsGRPC() {
		req.Header.Set("Te", "trailers")
	}
	body := x.Body
	var has func(string) bool
	if body.Tailed() {
		has = fieldsOf(h).has
	}
	switch {
	case body.Empty():
	case body.Length >= 0 && body.Length <= replayable: // so that it can be sent again
		if _, err := body.Keep(replayable); err != nil {
			return nil, err //nolint:wrapcheck // the client's
		}
		req.ContentLength = int64(len(body.Whole()))
		req.Body, req.Trailer = io.NopCloser(bytes.NewReader(body.Whole())), body.Trailer(has)
	default:
		req.ContentLength, req.Body = body.Length, s
		for _, name := range body.Announced(has) {
			if req.Trailer == nil {
				req.Trailer = http.Header{}
			}
			req.Trailer[http.CanonicalHeaderKey(name)] = nil
		}
		s.trailer, s.has = req.Trailer, has
	}
	return req, nil
}

// sending is a request's body while it is sent.
type sending struct {
	body    *exchange.Body
	late    *time.Timer
	timeout time.Duration

	// trailer are the fields behind the body that were announced, filled at its end.
	trailer http.Header
	has     func(string) bool

	mu   sync.Mutex
	over bool
}

// Read implements io.Reader; the time to the answer's head begins anew. The
// transport may still read when it has given up the stream.
func (s *sending) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return 0, io.ErrClosedPipe
	}
	n, err := s.body.Read(p)
	if n > 0 && s.late.Stop() {
		s.late.Reset(s.timeout)
	}
	if s.over = err != nil; errors.Is(err, io.EOF) && s.trailer != nil {
		for name, values := range s.body.Trailer(s.has) {
			if _, announced := s.trailer[name]; announced {
				s.trailer[name] = values
			}
		}
	}
	return n, err //nolint:wrapcheck // the client's
}

// Close implements io.Closer.
func (s *sending) Close() error { return nil }

// settle waits until nothing reads the client's body any more.
func (s *sending) settle(x *exchange.Exchange) {
	if !s.mu.TryLock() {
		x.Abort()
		s.mu.Lock()
	}
	s.over = true
	s.mu.Unlock()
}

// receive translates the answer and leaves its body as a stream.
func (m *Member) receive(x *exchange.Exchange, c Call, resp *http.Response, cancel context.CancelCauseFunc, s *sending) {
	h := &x.Response.Header
	x.Response.SetStatusCode(resp.StatusCode)
	for name, values := range resp.Header {
		if name == "Content-Length" {
			continue
		}
		for _, value := range values {
			h.Add(name, value)
		}
	}
	end := func() {
		cancel(nil)
		_ = resp.Body.Close()
		s.settle(x)
		m.leave()
	}
	length := int(resp.ContentLength)
	if bodiless(x.Request.Header.IsHead(), resp.StatusCode) {
		if length > 0 {
			h.SetContentLength(length)
			h.Set("Content-Length", strconv.Itoa(length))
		}
		x.Response.SkipBody = true
		end()
		return
	}
	if length == 0 {
		x.SetBody(nil)
		end()
		return
	}
	x.Trailers = func() http.Header { return exchange.TrailingOf(resp.Trailer) }
	x.Stream(&twoBody{ReadCloser: resp.Body, m: m, idle: time.AfterFunc(c.Idle, func() { cancel(errHeadTimeout) }), bound: c.Idle}, length, end)
}

// twoBody reads an answer's body with a bound to how long it rests.
type twoBody struct {
	io.ReadCloser

	m     *Member
	idle  *time.Timer
	bound time.Duration
}

// Read implements io.Reader.
func (b *twoBody) Read(p []byte) (int, error) {
	b.idle.Reset(b.bound)
	n, err := b.ReadCloser.Read(p)
	b.idle.Stop()
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, context.Canceled) {
		b.m.note(true, true)
	}
	return n, err //nolint:wrapcheck // the body's own
}
