package gateway_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
)

// speaking is a gateway with a service behind it that speaks WebSocket.
func speaking(t *testing.T, serve func(*websocket.Conn)) *fixture {
	t.Helper()
	f := start(t, nil)
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	upgrader := websocket.Upgrader{Subprotocols: []string{"v2.orders", "v1.orders"}, CheckOrigin: func(*http.Request) bool { return true }}
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, http.Header{"X-Service": {r.Header.Get("X-Client")}})
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		serve(c)
	})
	return f
}

func (f *fixture) webSocket(t *testing.T, subprotocols ...string) (*websocket.Conn, *http.Response) {
	t.Helper()
	dialer := websocket.Dialer{
		NetDialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, fmt.Sprintf("127.0.0.1:%d", f.server.Port()))
		},
		TLSClientConfig:  &tls.Config{RootCAs: f.authority.Pool(), MinVersion: tls.VersionTLS12},
		HandshakeTimeout: time.Minute, Subprotocols: subprotocols,
	}
	c, resp, err := dialer.Dial("wss://"+host+"/", http.Header{"X-Client": {"me"}, "Origin": {"https://" + host}})
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	_ = c.SetWriteDeadline(time.Now().Add(time.Minute))
	return c, resp
}

// echoes sends back what comes, in the kind of frame that it came in.
func echoes(c *websocket.Conn) {
	for {
		kind, content, err := c.ReadMessage()
		if err != nil || c.WriteMessage(kind, content) != nil {
			return
		}
	}
}

// TestWebSocketMessages holds what comes after the handshake against RFC 6455 §5,
// with a client and a service that nobody here wrote.
func TestWebSocketMessages(t *testing.T) {
	t.Parallel()
	f := speaking(t, echoes)
	c, resp := f.webSocket(t, "v1.orders", "v3.orders")
	if c.Subprotocol() != "v1.orders" || resp.Header.Get("X-Service") != "me" {
		t.Errorf("subprotocol %q, header %q", c.Subprotocol(), resp.Header.Get("X-Service"))
	}
	// Each form of a length (§5.2), on both sides of its bounds, and much more than a buffer.
	for _, size := range []int{0, 1, 125, 126, 127, 4095, 4096, 65535, 65536, 1 << 20, 8 << 20} {
		for _, kind := range []int{websocket.TextMessage, websocket.BinaryMessage} {
			content := bytes.Repeat([]byte("x"), size)
			if kind == websocket.BinaryMessage {
				_, _ = rand.Read(content)
			}
			written := make(chan error, 1)
			go func() { written <- c.WriteMessage(kind, content) }()
			got, back, err := c.ReadMessage()
			if err := <-written; err != nil {
				t.Fatal(err)
			}
			if err != nil || got != kind || !bytes.Equal(back, content) {
				t.Fatalf("%d bytes of kind %d: kind %d, %d bytes, %v", size, kind, got, len(back), err)
			}
		}
	}
	// A message in fragments (§5.4) with a ping between them (§5.5.2).
	ponged := make(chan string, 1)
	c.SetPongHandler(func(data string) error {
		ponged <- data
		return nil
	})
	w, err := c.NextWriter(websocket.TextMessage)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		_, _ = w.Write(bytes.Repeat([]byte{byte('a' + n)}, 5000)) // more than the buffer: a fragment
		if n == 2 {
			if err := c.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = w.Close()
	if _, back, err := c.ReadMessage(); err != nil || len(back) != 25_000 {
		t.Fatalf("fragments: %d bytes, %v", len(back), err)
	}
	if data := <-ponged; data != "are you there" {
		t.Errorf("pong with %q", data)
	}
}

// TestWebSocketEnds passes the closing handshake on with its codes and reasons
// (RFC 6455 §7), whoever begins it, and what is left to say after half of it.
func TestWebSocketEnds(t *testing.T) {
	t.Parallel()
	codes := []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999}
	seen := make(chan error, len(codes))
	f := speaking(t, func(c *websocket.Conn) {
		_, _, err := c.ReadMessage()
		seen <- err
	})
	for _, code := range codes {
		c, _ := f.webSocket(t)
		_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "because"), time.Now().Add(time.Minute))
		for _, err := range []error{<-seen, func() error { _, _, err := c.ReadMessage(); return err }()} {
			var end *websocket.CloseError
			if !errors.As(err, &end) || end.Code != code {
				t.Errorf("code %d: %v", code, err)
			}
		}
	}
	f = speaking(t, func(c *websocket.Conn) { // begins the end, and goes on reading
		_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "enough"), time.Now().Add(time.Minute))
		_, last, err := c.ReadMessage()
		if err == nil {
			err = errors.New(string(last))
		}
		seen <- err
	})
	c, _ := f.webSocket(t)
	c.SetCloseHandler(func(int, string) error { return nil }) // no answer yet
	_, _, err := c.ReadMessage()
	if !websocket.IsCloseError(err, 4000) {
		t.Errorf("the service's end: %v", err)
	}
	_ = c.WriteMessage(websocket.TextMessage, []byte("last words"))
	if err := <-seen; err.Error() != "last words" {
		t.Errorf("after half of the end: %v", err)
	}
	// A connection that breaks without a word (§7.1.5).
	f = speaking(t, func(c *websocket.Conn) {
		_, _, err := c.ReadMessage()
		seen <- err
	})
	c, _ = f.webSocket(t)
	_ = c.NetConn().Close()
	if err := <-seen; !websocket.IsCloseError(err, websocket.CloseAbnormalClosure) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		t.Errorf("a client that is gone: %v", err)
	}
}

// TestWebSocketFramesAreNotTouched sends what no library would: frames without a
// mask, with reserved bits, of an unknown kind. The gateway is no party to it: the
// service gets the bytes as they came, and judges them.
func TestWebSocketFramesAreNotTouched(t *testing.T) {
	t.Parallel()
	got := make(chan []byte, 1)
	f := start(t, nil)
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		b := make([]byte, 16)
		_, _ = io.ReadFull(c.NetConn(), b)
		got <- b
		_, _ = c.NetConn().Write(b)
	})
	c, _ := f.webSocket(t)
	sent := []byte{0x81, 3, 'a', 'b', 'c', 0xf1, 0x81, 1, 2, 3, 4, 5, 0x8b, 0, 0x0f, 0}
	_, _ = c.NetConn().Write(sent)
	if service := <-got; !slices.Equal(service, sent) {
		t.Errorf("the service gets %x", service)
	}
	back := make([]byte, len(sent))
	if _, err := io.ReadFull(c.NetConn(), back); err != nil || !slices.Equal(back, sent) {
		t.Errorf("the client gets %x, %v", back, err)
	}
}

// TestWebSocketOverHTTP2 asks for WebSocket on a stream (RFC 8441). The gateway has
// not offered that, and says so without harm to the connection.
func TestWebSocketOverHTTP2(t *testing.T) {
	t.Parallel()
	f := speaking(t, echoes)
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.server.Port()), &tls.Config{
		ServerName: host, RootCAs: f.authority.Pool(), NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.WriteString(conn, http2.ClientPreface)
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = framer.WriteSettings()
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	write := func(stream uint32, fields ...string) {
		block.Reset()
		for i := 0; i+1 < len(fields); i += 2 {
			_ = encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
		}
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: fields[1] == "GET"})
	}
	write(1, ":method", "CONNECT", ":protocol", "websocket", ":scheme", "https", ":path", "/", ":authority", host, "sec-websocket-version", "13")
	write(3, ":method", "CONNECT", ":authority", host)
	write(5, ":method", "GET", ":scheme", "https", ":path", "/", ":authority", host)
	refused := map[uint32]string{}
	for len(refused) < 3 {
		frame, err := framer.ReadFrame()
		if err != nil {
			t.Fatalf("the connection ends: %v; %v", err, refused)
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if v, ok := frame.Value(http2.SettingEnableConnectProtocol); ok && v == 1 {
				t.Error("WebSocket over HTTP/2 is offered")
			}
		case *http2.RSTStreamFrame:
			if refused[frame.StreamID] == "" {
				refused[frame.StreamID] = "reset: " + frame.ErrCode.String()
			}
		case *http2.MetaHeadersFrame:
			refused[frame.StreamID] = frame.PseudoValue("status")
		}
	}
	if refused[1] != "reset: PROTOCOL_ERROR" || refused[3] != "405" || refused[5] != "400" {
		t.Errorf("what came of the streams: %v", refused)
	}
}
