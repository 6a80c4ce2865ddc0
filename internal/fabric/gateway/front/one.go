package front

import (
	"errors"
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

func (v *serving) serveOne(ctx *fasthttp.RequestCtx) { v.exchangeOne(ctx, v.config.Handler) }

// exchangeOne makes an exchange of a request in HTTP/1.1 and has it handled.
func (v *serving) exchangeOne(ctx *fasthttp.RequestCtx, handler exchange.Handler) {
	conn, req := ctx.Conn(), &ctx.Request
	c := exchange.Connection{Context: v.requests, Client: ctx.RemoteAddr(), TLS: ctx.TLSConnectionState(), Proto: 1}
	v.bodyOf(&c, ctx, conn)
	if ctx.Request.Header.ConnectionUpgrade() {
		c.Upgrade = func(fn func(net.Conn)) { v.upgrade(ctx, fn) }
	}
	if c.Body != nil && req.Header.ContentLength() == -1 {
		req = v.tailed(&c, ctx)
	}
	x, ok := exchange.New(req, &ctx.Response, c)
	defer x.Handled()
	v.handle(x, ok, handler)
	if x.Streams() && x.Trailers != nil && ctx.Request.Header.IsHTTP11() {
		trail(x)
	}
	dated(&ctx.Response.Header)
	if x.Streams() && ctx.Response.Header.ContentLength() < 0 && !ctx.Request.Header.IsHTTP11() {
		v.untilClose(ctx)
	}
}

// untilClose answers a client of HTTP/1.0, which knows no chunks: the end of the
// connection is that of the answer.
func (v *serving) untilClose(ctx *fasthttp.RequestCtx) {
	resp, conn := &ctx.Response, ctx.Conn()
	resp.Header.SetContentLength(-2)
	resp.Header.Del(fasthttp.HeaderTransferEncoding)
	resp.Header.SetConnectionClose()
	if _, err := conn.Write(resp.Header.Header()); err == nil {
		_, _ = io.Copy(conn, struct{ io.Reader }{resp.BodyStream()})
	}
	_ = resp.CloseBodyStream()
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(net.Conn) {})
}

// heads are used again, one for each answer without a date.
var heads = sync.Pool{New: func() any { return &fasthttp.ResponseHeader{} }} //nolint:gochecknoglobals // memory that is used again

// dated has the server say when an answer was made that does not say it itself
// (RFC 9110 §6.6.1); that of a service stays what it is. A head that was read
// from a service has no default any more: only one begun anew has it.
func dated(h *fasthttp.ResponseHeader) {
	if len(h.Peek("Date")) > 0 || h.StatusCode() < http.StatusOK {
		return
	}
	same := heads.Get().(*fasthttp.ResponseHeader) //nolint:forcetypeassert // what is stored
	defer heads.Put(same)
	h.CopyTo(same)
	h.Reset()
	h.SetNoDefaultContentType(true)
	h.SetStatusCode(same.StatusCode())
	h.SetContentLength(same.ContentLength())
	for name, value := range same.All() {
		h.AddBytesKV(name, value)
	}
	if same.ConnectionClose() {
		h.SetConnectionClose()
	}
}

// handle calls the handler; a defect in it costs one answer, not the process.
func (v *serving) handle(x *exchange.Exchange, ok bool, handler exchange.Handler) {
	if !ok {
		v.config.Unrouted(x.Unrouted())
		return
	}
	defer func() {
		if defect := recover(); defect != nil {
			v.config.Log.ErrorContext(x.Context(), "a request met a defect of the gateway", "defect", defect, "stack", string(debug.Stack()))
			x.Refuse("gateway", http.StatusInternalServerError, "Defect", "The gateway failed on this request.", "")
			x.Response.SetConnectionClose()
		}
	}()
	handler(x)
}

func (v *serving) bodyOf(c *exchange.Connection, ctx *fasthttp.RequestCtx, conn net.Conn) {
	length := int64(ctx.Request.Header.ContentLength())
	stream := ctx.RequestBodyStream()
	if stream == nil || length == 0 {
		return
	}
	if length < -1 {
		length = 0
	}
	s := &sent{Reader: stream, conn: conn, stall: v.config.Stall, chunked: length < 0}
	c.Body, c.Abort = exchange.NewBody(s, length), s.abort
}

// sent reads what a client sends, with a bound to each step.
type sent struct {
	io.Reader

	conn  interface{ SetReadDeadline(t time.Time) error }
	stall time.Duration
	// chunked tells that a body in HTTP/1.1 ends with a last chunk; stream that
	// its deadline ends a stream of HTTP/2 by itself.
	chunked, stream bool
	aborted         atomic.Bool
}

// abort makes a read that waits fail, and those after it.
func (s *sent) abort() {
	s.aborted.Store(true)
	_ = s.conn.SetReadDeadline(time.Unix(1, 0))
}

// Read implements io.Reader.
func (s *sent) Read(p []byte) (int, error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(s.stall))
	if s.aborted.Load() {
		return 0, exchange.ErrAborted
	}
	n, err := s.Reader.Read(p)
	if err != nil && s.aborted.Load() {
		return n, exchange.ErrAborted
	}
	if s.stream {
		_ = s.conn.SetReadDeadline(time.Time{})
	}
	if s.chunked && errors.Is(err, io.EOF) {
		if c, ok := s.conn.(interface{ broke() bool }); ok && c.broke() {
			err = io.ErrUnexpectedEOF // the last chunk has not come
		}
	}
	return n, err //nolint:wrapcheck // the error of the body itself
}

// upgrade hands the connection over; it ends with the server at the latest.
func (v *serving) upgrade(ctx *fasthttp.RequestCtx, fn func(net.Conn)) {
	ctx.Hijack(func(c net.Conn) {
		done := make(chan struct{})
		defer close(done)
		go func() {
			select {
			case <-v.requests.Done():
				_ = c.Close()
			case <-done:
			}
		}()
		fn(c)
	})
}

// unreadable answers for a request whose head could not be read.
func (v *serving) unreadable(ctx *fasthttp.RequestCtx, err error) {
	x := &exchange.Exchange{Request: &ctx.Request, Response: &ctx.Response, Client: ctx.RemoteAddr(), TLS: ctx.TLSConnectionState(), Proto: 1}
	var small *fasthttp.ErrSmallBuffer
	var timeout net.Error
	switch {
	case errors.As(err, &small):
		x.Facts.Unrouted = exchange.HeadTooLarge
		x.Refuse("gateway", http.StatusRequestHeaderFieldsTooLarge, "Headers too large", "The head of the request is larger than the gateway takes.", "")
	case errors.As(err, &timeout) && timeout.Timeout():
		x.Facts.Unrouted = exchange.HeadTooSlow
		x.Refuse("gateway", http.StatusRequestTimeout, "Too slow", "The request did not come in time.", "")
	default:
		x.Facts.Unrouted = exchange.Malformed
		x.Refuse("gateway", http.StatusBadRequest, "Request not understood", "The request is not HTTP/1.1 as RFC 9112 has it.", "")
	}
	x.Response.SetConnectionClose()
	u := x.Unrouted()
	u.Method = "" // what came of the head is nobody's word
	v.config.Unrouted(u)
}
