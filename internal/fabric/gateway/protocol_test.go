package gateway_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	wire "github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// secureService is a service with a certificate of the platform's authority.
func secureService(t *testing.T, f *fixture, name string, two bool, h http.HandlerFunc) (addr string) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = two
	s.TLS = &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.authority.Certificate(name) },
		ClientAuth:     tls.VerifyClientCertIfGiven, ClientCAs: f.authority.Pool(), MinVersion: tls.VersionTLS12,
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	s.TLS.Certificates = nil
	return strings.TrimPrefix(s.URL, "https://")
}

func tells(w http.ResponseWriter, r *http.Request) {
	who := "nobody"
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		who = r.TLS.PeerCertificates[0].DNSNames[0]
	}
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Trailer", "X-End")
	_, _ = fmt.Fprintf(w, "%s by %s: %s", r.Proto, who, body)
	w.Header().Set("X-End", "whole")
}

func TestProtocolsToServices(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	const name = "orders.localhost"
	plain := httptest.NewUnstartedServer(http.HandlerFunc(tells))
	plain.Config.Protocols = &http.Protocols{}
	plain.Config.Protocols.SetHTTP1(true)
	plain.Config.Protocols.SetUnencryptedHTTP2(true)
	plain.Start()
	t.Cleanup(plain.Close)
	clear := strings.TrimPrefix(plain.URL, "http://")
	trusted := &wire.TLS{ServerName: name, ClientCertificate: true}
	other := httptest.NewTLSServer(http.HandlerFunc(tells)) // of another authority
	t.Cleanup(other.Close)
	cases := []struct {
		reason, addr, want string
		settings           wire.Settings
	}{
		{"HTTP/1.1", clear, "HTTP/1.1 by nobody: body", wire.Settings{}},
		{"h2c", clear, "HTTP/2.0 by nobody: body", wire.Settings{Protocol: "h2c"}},
		{"https", secureService(t, f, name, false, tells), "HTTP/1.1 by gateway.localhost: body", wire.Settings{Protocol: "https", TLS: trusted}},
		{"h2", secureService(t, f, name, true, tells), "HTTP/2.0 by gateway.localhost: body", wire.Settings{Protocol: "h2", TLS: trusted}},
		{"no client certificate", secureService(t, f, name, false, tells), "HTTP/1.1 by nobody: body", wire.Settings{Protocol: "https", TLS: &wire.TLS{ServerName: name}}},
		{"another name", secureService(t, f, "other.localhost", false, tells), "502", wire.Settings{Protocol: "https", TLS: trusted}},
		{"another authority", strings.TrimPrefix(other.URL, "https://"), "502", wire.Settings{Protocol: "https", TLS: &wire.TLS{ServerName: "example.com"}}},
		{"its own authority", secureService(t, f, name, true, tells), "HTTP/2.0 by nobody: body", wire.Settings{Protocol: "h2", TLS: &wire.TLS{ServerName: name, CA: string(f.authority.RootPEM())}}},
	}
	for i, c := range cases {
		r := gateway.ToService(fmt.Sprint("r", i), fmt.Sprintf("r%d.dev.shop.localhost", i), "", fmt.Sprint("s", i), "")
		r.Rules[0].Backends[0].Settings = c.settings
		put(t, f.routes, dev, r)
		f.upstreams.m.Store(fmt.Sprint("s", i), upstream{c.addr, ""})
		for range 2 {
			resp, err := f.client.Post(f.url(r.Hosts[0], "/"), "text/plain", strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			got := string(body)
			if resp.StatusCode != http.StatusOK {
				got = fmt.Sprint(resp.StatusCode)
			}
			if err != nil || got != c.want {
				t.Errorf("%s: %s, want %s; %v", c.reason, got, c.want, err)
			} else if c.want != "502" && resp.Trailer.Get("X-End") != "whole" {
				t.Errorf("%s: the trailers are %v", c.reason, resp.Trailer)
			}
		}
	}
}

// TestWebSocketHandshakes holds the opening handshake against RFC 6455 §4.1 and
// §4.2; what follows it, frames, is the client's and the service's.
func TestWebSocketHandshakes(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "orders", ""))
	key := base64.StdEncoding.EncodeToString([]byte("sixteen bytes ok"))
	const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
	right := upgrade + "Upgrade: websocket\r\nSec-WebSocket-Accept: " + wire.Accept([]byte(key)) + "\r\n\r\n"
	good := "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key
	cases := []struct {
		reason, request, headers, answer string
		want                             int
	}{
		{"right", "GET / HTTP/1.1", good, right, 101},
		{"a POST", "POST / HTTP/1.1", good, right, 400},
		{"HTTP/1.0", "GET / HTTP/1.0", good, right, 400},
		{"no key", "GET / HTTP/1.1", strings.Split(good, "\r\nSec-WebSocket-Key")[0], right, 400},
		{"a short key", "GET / HTTP/1.1", strings.Replace(good, key, "c2hvcnQ=", 1), right, 400},
		{"a key that is no base64", "GET / HTTP/1.1", strings.Replace(good, key, "!!!!!!!!!!!!!!!!!!!!!!==", 1), right, 400},
		{"two keys", "GET / HTTP/1.1", good + "\r\nSec-WebSocket-Key: " + key, right, 400},
		{"version 8", "GET / HTTP/1.1", strings.Replace(good, "13", "8", 1), right, 426},
		{"a body", "GET / HTTP/1.1", good + "\r\nContent-Length: 1\r\n\r\nx", right, 400},
		{"no proof", "GET / HTTP/1.1", good, upgrade + "Upgrade: websocket\r\n\r\n", 502},
		{"a wrong proof", "GET / HTTP/1.1", good, upgrade + "Upgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n", 502},
		{"no word of the connection", "GET / HTTP/1.1", good, strings.Replace(right, "Connection: Upgrade\r\n", "", 1), 502},
		{"another protocol", "GET / HTTP/1.1", good, strings.Replace(right, "Upgrade: websocket", "Upgrade: other", 1), 502},
		{"a service that declines", "GET / HTTP/1.1", good, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 403},
	}
	for _, c := range cases {
		f.upstreams.m.Store("orders", upstream{answering(t, func(int) string { return c.answer }), ""})
		statuses, _ := f.raw(t, c.request+"\r\nHost: "+host+"\r\n"+c.headers+"\r\n\r\n")
		if len(statuses) == 0 || statuses[0] != c.want {
			t.Errorf("%s: %v, want %d", c.reason, statuses, c.want)
		}
	}
}

// TestUpgradedConnectionsRest has a connection carry words longer than it may
// rest, as long as they come; then it ends.
func TestUpgradedConnectionsRest(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	r := gateway.ToService("orders", host, "", "orders", "")
	r.Rules[0].Timeouts.Idle = kernel.Duration(time.Second)
	put(t, f.routes, dev, r)
	f.upstreams.start(t, "orders", "", func(w http.ResponseWriter, r *http.Request) {
		conn, buffers, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+r.Header.Get("Upgrade")+"\r\n\r\n")
		_, _ = io.Copy(conn, buffers)
	})
	conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.server.Port()), &tls.Config{
		ServerName: host, RootCAs: f.authority.Pool(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", host)
	reader := bufio.NewReader(conn)
	resp, err := http.ReadResponse(reader, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = resp.Body.Close()
	for range 6 {
		<-time.After(250 * time.Millisecond)
		_, _ = io.WriteString(conn, "x\n")
		if word, err := reader.ReadString('\n'); err != nil || word != "x\n" {
			t.Fatalf("%q, %v", word, err)
		}
	}
	_, err = reader.ReadByte()
	if timeout, ok := err.(net.Error); err == nil || ok && timeout.Timeout() { //nolint:errorlint // what the connection returns
		t.Fatalf("the connection stays open: %v", err)
	}
}

// TestUploadsTakeTheirTime sends a body for longer than a service may take for
// its answer.
func TestUploadsTakeTheirTime(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{route.HTTP, route.H2C} {
		f := start(t, func(c *proxy.Config) { c.ResponseTimeout = 600 * time.Millisecond })
		r := gateway.ToService("orders", host, "", "orders", "")
		r.Rules[0].Backends[0].Protocol = protocol
		put(t, f.routes, dev, r)
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, _ := io.Copy(io.Discard, r.Body)
			_, _ = fmt.Fprint(w, n)
		}))
		s.Config.Protocols = &http.Protocols{}
		s.Config.Protocols.SetHTTP1(true)
		s.Config.Protocols.SetUnencryptedHTTP2(true)
		s.Start()
		t.Cleanup(s.Close)
		f.upstreams.m.Store("orders", upstream{strings.TrimPrefix(s.URL, "http://"), ""})
		body, feed := io.Pipe()
		go func() {
			for range 10 {
				<-time.After(150 * time.Millisecond)
				_, _ = feed.Write(make([]byte, 20<<10))
			}
			_ = feed.Close()
		}()
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, f.url(host, "/"), body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := f.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(answer) != fmt.Sprint(10*20<<10) {
			t.Errorf("%s: %d %s", protocol, resp.StatusCode, answer)
		}
	}
}
