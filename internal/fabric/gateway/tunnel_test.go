package gateway_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	wire "github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// tunnel asks for a protocol that nobody knows, sends first behind it, and returns the
// connection once the service has agreed.
func (f *fixture) tunnel(t *testing.T, first string) (*tls.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.server.Port()), &tls.Config{
		ServerName: host, RootCAs: f.authority.Pool(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n%s", host, first)
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = resp.Body.Close()
	return conn, r
}

// agrees changes to the protocol that it is asked for, and says something at once.
func agrees(first string, then func(net.Conn, io.Reader)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, buffers, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+r.Header.Get("Upgrade")+"\r\n\r\n"+first)
		then(conn, buffers)
	}
}

// TestWhatComesWithAHandshakeIsPassedOn: words that either side sends in the same
// piece as its half of the handshake.
func TestWhatComesWithAHandshakeIsPassedOn(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	f.upstreams.start(t, "orders", "", agrees("hello\n", func(c net.Conn, r io.Reader) { _, _ = io.Copy(c, r) }))
	_, r := f.tunnel(t, "early\n")
	for _, want := range []string{"hello\n", "early\n"} {
		if got, err := r.ReadString('\n'); err != nil || got != want {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
	}
}

// floods writes until the connection breaks; murmurs does so slowly.
func floods(c net.Conn) {
	for _, err := c.Write(make([]byte, 64<<10)); err == nil; _, err = c.Write(make([]byte, 64<<10)) {
	}
}

func murmurs(c net.Conn) {
	for _, err := c.Write([]byte("x")); err == nil; _, err = c.Write([]byte("x")) {
		<-time.After(100 * time.Millisecond)
	}
}

// TestATunnelThatIsSilentEnds from its beginning on, and so does one of which either side
// takes nothing of what the other goes on saying, though it says something itself.
func TestATunnelThatIsSilentEnds(t *testing.T) {
	t.Parallel()
	listens := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for name, sides := range map[string]struct{ client, service []func(net.Conn) }{
		"silent":         {nil, []func(net.Conn){listens}},
		"a deaf client":  {[]func(net.Conn){murmurs}, []func(net.Conn){floods, listens}},
		"a deaf service": {[]func(net.Conn){floods, listens}, []func(net.Conn){murmurs}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, func(c *proxy.Config) { c.Stall = time.Second })
			r := gateway.ToService("orders", host, "", "orders", "")
			r.Rules[0].Timeouts.Idle = kernel.Duration(time.Second)
			put(t, f.routes, dev, r)
			var wg sync.WaitGroup
			both := func(c net.Conn, all []func(net.Conn)) {
				_ = c.SetDeadline(time.Now().Add(30 * time.Second))
				for _, does := range all {
					wg.Go(func() { does(c) })
				}
			}
			agreed := make(chan net.Conn, 1)
			done := make(chan struct{})
			f.upstreams.start(t, "orders", "", agrees("", func(c net.Conn, _ io.Reader) {
				agreed <- c
				<-done
			}))
			conn, _ := f.tunnel(t, "")
			began := time.Now()
			both(<-agreed, sides.service)
			both(conn, sides.client)
			wg.Wait()
			close(done)
			if took := time.Since(began); took > 25*time.Second {
				t.Error("the tunnel stays")
			}
		})
	}
}

// TestTunnelsTakeTheirPlaces: while they are open they count as requests and as
// connections, and no longer.
func TestTunnelsTakeTheirPlaces(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) { r.Backends[0].Limits = &wire.Limits{MaxConnections: 3} })
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	var connections sync.Map
	for range 2 {
		fl.add(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") == "" {
				connections.Store(r.RemoteAddr, true)
				return
			}
			if c, err := upgrader.Upgrade(w, r, nil); err == nil {
				defer func() { _ = c.Close() }()
				echoes(c)
			}
		})
	}
	answers := func() int { code, _, _ := f.send(t, http.MethodGet, nil); return code }
	for range 2 {
		var open []*websocket.Conn
		for range 3 {
			c, _ := f.webSocket(t)
			open = append(open, c)
		}
		if code := answers(); code != http.StatusServiceUnavailable {
			t.Fatalf("beside tunnels in all places: %d", code)
		}
		for _, c := range open {
			_ = c.Close()
		}
		filtertest.Until(t, "a place to be free", func() bool { return answers() == http.StatusOK })
	}
	filtertest.Until(t, "the tunnels to be gone", func() bool { // the last of the tunnels may go a moment later
		connections.Clear()
		for range 30 {
			if code := answers(); code != http.StatusOK {
				t.Fatalf("after the tunnels: %d", code)
			}
		}
		n := 0
		connections.Range(func(any, any) bool { n++; return true })
		return n <= 2
	})
}

// TestRefusedHandshakes say what would do, and are the last request of their
// connection: what follows may be frames.
func TestRefusedHandshakes(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	f.upstreams.start(t, "orders", "", says("ok"))
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 16))
	handshake := func(method, version string) string {
		return method + " / HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: " + version + "\r\n\r\n"
	}
	next := "GET /next HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"
	if statuses, answers := f.raw(t, handshake("POST", "13")+next); len(statuses) != 1 || statuses[0] != http.StatusBadRequest {
		t.Errorf("after a handshake that is none: %v\n%s", statuses, answers)
	}
	_, answers := f.raw(t, handshake("GET", "8"))
	head, _, _ := strings.Cut(answers, "\r\n\r\n")
	for _, want := range []string{" 426 ", "\r\nSec-WebSocket-Version: 13", "\r\nUpgrade: websocket", "\r\nConnection: Upgrade"} {
		if !strings.Contains(strings.ToLower(head), strings.ToLower(want)) {
			t.Errorf("the answer to another version has no %q:\n%s", want, head)
		}
	}
}
