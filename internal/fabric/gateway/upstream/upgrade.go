package upstream

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // RFC 6455 has no other
	"encoding/base64"
	"io"
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }} //nolint:gochecknoglobals // memory that is used again

// switched tells whether a service may change the protocol: only to the one
// that it was asked for, and for WebSocket with the proof that it understood
// (RFC 6455 §4.1).
func switched(req *fasthttp.RequestHeader, resp *fasthttp.ResponseHeader) error {
	asked := req.Peek("Upgrade")
	if len(asked) == 0 || !bytes.EqualFold(resp.Peek("Upgrade"), asked) || !resp.ConnectionUpgrade() {
		return &MessageError{Reason: "it changes to a protocol that it was not asked for"}
	}
	if bytes.EqualFold(asked, []byte("websocket")) && string(resp.Peek("Sec-WebSocket-Accept")) != Accept(req.Peek("Sec-WebSocket-Key")) {
		return &MessageError{Reason: "its proof of WebSocket is wrong"}
	}
	return nil
}

// Accept is the proof that a handshake of WebSocket was understood.
func Accept(key []byte) string {
	sum := sha1.Sum(append(bytes.Clone(key), "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...)) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// switchProtocols lets client and service talk on without the gateway
// (RFC 9110 §15.2.2).
func (s *session) switchProtocols() error {
	ok := s.x.Upgrade(func(client net.Conn) {
		defer s.member.leave()
		if s.stop != nil {
			defer s.stop()
		}
		join(client, s.conn, s.call.Idle)
		s.member.pool.close(s.conn)
	})
	if !ok {
		s.end(false)
		s.x.Refuse("upstream", fasthttp.StatusNotImplemented, "No upgrade", "This connection cannot change its protocol.", "use HTTP/1.1")
	}
	return nil
}

// join copies both ways until either side ends, or nothing comes from both for
// as long as idle says.
func join(client net.Conn, service *conn, idle time.Duration) {
	done := make(chan struct{}, 2)
	touch := func() {
		at := time.Now().Add(idle)
		_, _ = client.SetReadDeadline(at), service.SetReadDeadline(at)
	}
	pass := func(to io.Writer, from io.Reader) {
		defer func() { done <- struct{}{} }()
		buffer := buffers.Get().(*[]byte) //nolint:forcetypeassert // what is stored
		defer buffers.Put(buffer)
		for {
			n, err := from.Read(*buffer)
			if n > 0 {
				touch()
				if _, err := to.Write((*buffer)[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
	touch()
	go pass(&stallingConn{Conn: service.Conn, stall: idle}, client)
	go pass(client, service.r) // whose front bounds each write
	<-done
	_, _ = client.Close(), service.Close()
	<-done
}

// stallingConn gives each write a deadline.
type stallingConn struct {
	net.Conn

	stall time.Duration
}

// Write implements io.Writer.
func (s *stallingConn) Write(b []byte) (int, error) {
	_ = s.SetWriteDeadline(time.Now().Add(s.stall))
	return s.Conn.Write(b) //nolint:wrapcheck // judged by its kind
}
