package front_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
)

// patience is how long a client that is slow is waited for.
const patience = 200 * time.Millisecond

// startPlain serves in the clear, HTTP/1.1 and HTTP/2.
func startPlain(t *testing.T, handler exchange.Handler, told ...func(exchange.Unrouted)) (addr string) {
	t.Helper()
	c := front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", ServePlain: true, Handler: handler, Log: slog.New(slog.DiscardHandler),
		TLS:         &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none here") }},
		HeadTimeout: patience, Stall: patience,
	}
	if len(told) > 0 {
		c.Unrouted = told[0]
	}
	server, err := front.Listen(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return fmt.Sprintf("127.0.0.1:%d", server.PlainPort())
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	return c.(*net.TCPConn) //nolint:forcetypeassert // what TCP dials
}

// client2 speaks HTTP/2 with prior knowledge, on one connection.
func client2(t *testing.T) *http.Client {
	t.Helper()
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// await waits for a thing that a handler tells.
func await[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(2 * time.Minute):
		t.Fatalf("%s: nothing came of it", what)
	}
	return v
}

// TestSlowHead sends a head byte by byte: each comes in time, all of them do not.
func TestSlowHead(t *testing.T) {
	t.Parallel()
	addr := startPlain(t, func(*exchange.Exchange) { t.Error("a head that never ended was handled") })
	c := dial(t, addr)
	closed := make(chan string, 1)
	go func() {
		answer, _ := io.ReadAll(c)
		closed <- string(answer)
	}()
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ")
	tick := time.NewTicker(patience / 10)
	defer tick.Stop()
	for end := time.After(2 * time.Minute); ; {
		select {
		case answer := <-closed:
			if answer != "" && !strings.HasPrefix(answer, "HTTP/1.1 408 ") {
				t.Errorf("a slow head is answered with %q", answer)
			}
			return
		case <-tick.C:
			_, _ = c.Write([]byte("x"))
		case <-end:
			t.Fatal("a head may take for ever")
		}
	}
}

// TestSlowBody has the handler told that a body does not come, in both protocols.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	read := make(chan error, 1)
	addr := startPlain(t, func(x *exchange.Exchange) {
		if !x.Body.Empty() {
			_, err := io.ReadAll(x.Body)
			read <- err
		}
	})
	c := dial(t, addr)
	_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
	if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("half a small body is waited for")
	}
	c = dial(t, addr) // the first 8 KiB are read with the head
	_, _ = io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n"+strings.Repeat("x", 10_000))
	if err := await(t, "a body over HTTP/1.1", read); err == nil {
		t.Error("half a body over HTTP/1.1 was taken for all of it")
	}
	client := client2(t)
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	go func() { _, _ = w.Write([]byte("half")) }()
	go func() {
		if resp, err := client.Post("http://"+addr+"/", "text/plain", r); err == nil {
			_ = resp.Body.Close()
		}
	}()
	if err := await(t, "a body over HTTP/2", read); err == nil {
		t.Error("half a body over HTTP/2 was taken for all of it")
	}
	resp, err := client.Get("http://" + addr + "/")
	if err != nil {
		t.Fatalf("another stream of the connection: %v", err)
	}
	_ = resp.Body.Close()
}

// TestSlowReader has an answer that nobody reads ended, in both protocols.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	ended := make(chan int64, 2)
	addr := startPlain(t, func(x *exchange.Exchange) {
		if x.Path == "/endless" {
			x.Stream(endless{}, -1, nil)
			x.OnDone(func() { ended <- x.Sent() })
		}
	})
	c := dial(t, addr)
	_ = c.SetReadBuffer(4 << 10)
	_, _ = io.WriteString(c, "GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
	if sent := await(t, "an answer over HTTP/1.1", ended); sent == 0 {
		t.Error("nothing was sent over HTTP/1.1")
	}
	client := client2(t)
	resp, err := client.Get("http://" + addr + "/endless")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if sent := await(t, "an answer over HTTP/2", ended); sent == 0 {
		t.Error("nothing was sent over HTTP/2")
	}
	again, err := client.Get("http://" + addr + "/")
	if err != nil {
		t.Fatalf("another stream of the connection: %v", err)
	}
	_ = again.Body.Close()
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
