package upstream

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// deliver makes the answer's body available, or hands an upgraded connection over.
func (s *session) deliver() error {
	resp := &s.x.Response.Header
	keep := !resp.ConnectionClose()
	if resp.StatusCode() == fasthttp.StatusSwitchingProtocols {
		return s.switchProtocols()
	}
	length := resp.ContentLength()
	if head := s.x.Request.Header.IsHead(); bodiless(head, resp.StatusCode()) {
		s.x.Response.SkipBody = true
		s.end(keep && (head || length == 0 || resp.StatusCode() == fasthttp.StatusNotModified && length != -1 || noLength(resp)))
		return nil
	}
	if length >= 0 && length <= small {
		return s.whole(length, keep)
	}
	b := &s.body
	b.s, b.left = s, length
	switch {
	case length >= 0:
		b.r = io.LimitReader(s.conn.r, int64(length))
	case length == -1:
		b.r, b.chunked = httputil.NewChunkedReader(s.conn.r), true
		s.x.Trailers = func() http.Header { return b.trailer }
	default:
		b.r, keep, length = s.conn.r, false, -1
		b.untilClose = true
	}
	_ = s.conn.SetReadDeadline(time.Now().Add(s.call.Idle)) // what was read with the head may be half a chunk
	s.x.Stream(b, length, func() { s.end(keep && b.whole) })
	return nil
}

// noLength tells that an answer of 204 or 304 says nothing of a body.
func noLength(h *fasthttp.ResponseHeader) bool { return h.ContentLength() == -2 }

// whole reads a small body, so that the connection can rest.
func (s *session) whole(length int, keep bool) error {
	if s.conn.r.Buffered() < length {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.call.Stall))
	}
	if length <= s.conn.r.Size() {
		content, err := s.conn.r.Peek(length)
		if err != nil {
			return s.broken(err)
		}
		s.x.CopyBody(content)
		_, _ = s.conn.r.Discard(length)
	} else {
		content := make([]byte, length)
		if _, err := io.ReadFull(s.conn.r, content); err != nil {
			return s.broken(err)
		}
		s.x.SetBody(content)
	}
	s.end(keep)
	return nil
}

// broken is an answer of which half is lost.
func (s *session) broken(err error) error {
	if s.stop != nil {
		s.stop()
	}
	s.abandon()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// bodiless tells of an answer that has a head alone (RFC 9110 §6.4.1).
func bodiless(head bool, status int) bool {
	return head || status == fasthttp.StatusNoContent || status == fasthttp.StatusNotModified || status < 200
}

// end gives the connection back, or closes it.
func (s *session) end(keep bool) {
	defer s.member.leave()
	if s.stop != nil && !s.stop() {
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
		s.member.pool.close(s.conn)
		return
	}
	s.member.pool.put(s.conn)
}

// answerBody reads a body with a bound to each step, and notes whether it
// ended where it should.
type answerBody struct {
	s                   *session
	r                   io.Reader
	left                int
	chunked, untilClose bool
	whole               bool
	trailer             http.Header
}

// Read implements io.Reader.
func (b *answerBody) Read(p []byte) (int, error) {
	if b.whole {
		return 0, io.EOF
	}
	if b.s.conn.r.Buffered() == 0 {
		_ = b.s.conn.SetReadDeadline(time.Now().Add(b.s.call.Idle))
	}
	n, err := b.r.Read(p)
	b.left -= n
	if err == nil {
		return n, nil
	}
	err = b.ended(err)
	if !errors.Is(err, io.EOF) {
		b.s.member.note(true, true)
	}
	return n, err
}

// ended tells the end of a body from one that is broken off.
func (b *answerBody) ended(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	switch {
	case b.chunked:
		if err := b.trailers(); err != nil {
			return err
		}
	case !b.untilClose && b.left > 0:
		return io.ErrUnexpectedEOF
	}
	b.whole = true
	return io.EOF
}

// trailers reads the lines after the last chunk; they are for clients that can
// take them.
func (b *answerBody) trailers() error {
	for range 64 {
		line, err := b.s.conn.r.ReadSlice('\n')
		if err != nil {
			return io.ErrUnexpectedEOF
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			return nil
		}
		name, value, ok := field(line)
		if !ok {
			return &MessageError{Reason: "a trailer is none"}
		}
		if exchange.Trailing(string(name)) {
			if b.trailer == nil {
				b.trailer = http.Header{}
			}
			b.trailer.Add(string(name), string(value))
		}
	}
	return io.ErrUnexpectedEOF
}
