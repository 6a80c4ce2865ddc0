package upstream

import (
	"io"
	"net"
	"net/http/httputil"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }} //nolint:gochecknoglobals // memory that is used again

// deliver makes the answer's body available, or hands an upgraded connection over.
func (s *session) deliver(stop func() bool) {
	resp := &s.x.Response.Header
	keep := !resp.ConnectionClose()
	if resp.StatusCode() == fasthttp.StatusSwitchingProtocols {
		s.switchProtocols(stop)
		return
	}
	length := resp.ContentLength()
	if bodiless(s.x.Request.Header.IsHead(), resp.StatusCode()) {
		s.x.Response.SkipBody = true
		s.end(stop, keep)
		return
	}
	if length >= 0 && length <= small {
		content := make([]byte, length)
		_ = s.conn.SetReadDeadline(time.Now().Add(s.call.Stall))
		if _, err := io.ReadFull(s.conn.r, content); err == nil {
			s.x.SetBody(content)
			s.end(stop, keep)
			return
		}
		// Half of it is lost: the client gets what says so.
		s.end(stop, false)
		s.x.Refuse("upstream", fasthttp.StatusBadGateway, "Service broke off", "The service ended its answer too early.", "")
		return
	}
	b := &answerBody{s: s, left: length}
	switch {
	case length >= 0:
		b.r = io.LimitReader(s.conn.r, int64(length))
	case length == -1:
		b.r, b.chunked = httputil.NewChunkedReader(s.conn.r), true
	default:
		b.r, keep, length = s.conn.r, false, -1
		b.untilClose = true
	}
	s.x.Stream(b, length, func() { s.end(stop, keep && b.whole) })
}

// bodiless tells of an answer that has a head alone (RFC 9110 §6.4.1).
func bodiless(head bool, status int) bool {
	return head || status == fasthttp.StatusNoContent || status == fasthttp.StatusNotModified || status < 200
}

// end gives the connection back, or closes it.
func (s *session) end(stop func() bool, keep bool) {
	defer s.pool.active.Add(-1)
	if !stop() {
		keep = false // the client has gone: the connection has a deadline in the past
	}
	if s.sending != nil {
		select {
		case <-s.sending:
			keep = keep && s.sent == nil
		default:
			s.abandon() // an answer before the whole request was there
			return
		}
	}
	if !keep {
		_ = s.conn.Close()
		return
	}
	_ = s.conn.SetDeadline(time.Time{})
	s.pool.put(s.conn)
}

// answerBody reads a body with a bound to each step, and notes whether it
// ended where it should.
type answerBody struct {
	s                   *session
	r                   io.Reader
	left                int
	chunked, untilClose bool
	whole               bool
}

// Read implements io.Reader.
func (b *answerBody) Read(p []byte) (int, error) {
	if b.whole {
		return 0, io.EOF
	}
	_ = b.s.conn.SetReadDeadline(time.Time{}) // an answer may rest as long as it likes
	n, err := b.r.Read(p)
	b.left -= n
	if err != io.EOF {
		return n, err //nolint:wrapcheck // judged by its kind
	}
	switch {
	case b.chunked:
		if err := b.trailers(); err != nil {
			return n, err
		}
	case !b.untilClose && b.left > 0:
		return n, io.ErrUnexpectedEOF
	}
	b.whole = true
	return n, io.EOF
}

// trailers reads the lines after the last chunk; nobody has asked for them.
func (b *answerBody) trailers() error {
	for range 64 {
		line, err := b.s.conn.r.ReadSlice('\n')
		if err != nil {
			return io.ErrUnexpectedEOF
		}
		if len(line) <= 2 {
			return nil
		}
	}
	return io.ErrUnexpectedEOF
}

// switchProtocols lets client and service talk on without the gateway
// (RFC 9110 §15.2.2).
func (s *session) switchProtocols(stop func() bool) {
	_ = s.conn.SetDeadline(time.Time{})
	ok := s.x.Upgrade(func(client net.Conn) {
		defer s.pool.active.Add(-1)
		defer stop()
		join(client, s.conn)
	})
	if !ok {
		s.end(stop, false)
		s.x.Refuse("upstream", fasthttp.StatusNotImplemented, "No upgrade", "This connection cannot change its protocol.", "use HTTP/1.1")
	}
}

// join copies both ways until either side ends.
func join(client net.Conn, service *conn) {
	done := make(chan struct{}, 2)
	pass := func(to io.Writer, from io.Reader) {
		buffer := buffers.Get().(*[]byte) //nolint:forcetypeassert // what is stored
		defer buffers.Put(buffer)
		_, _ = io.CopyBuffer(to, from, *buffer)
		done <- struct{}{}
	}
	go pass(service.Conn, client)
	go pass(client, service.r)
	<-done
	_, _ = client.Close(), service.Close()
	<-done
}
