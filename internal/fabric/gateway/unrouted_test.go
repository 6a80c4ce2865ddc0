package gateway_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// reasons are the lines of an access log with a reason, by it.
func (l *keptLines) reasons(t *testing.T) map[string][]accesslog.Line {
	t.Helper()
	out := map[string][]accesslog.Line{}
	for text := range strings.SplitSeq(l.text(), "\n") {
		var one accesslog.Line
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &one); err != nil {
			t.Fatal(err)
		}
		out[one.Reason] = append(out[one.Reason], one)
	}
	return out
}

// TestWhatEndsBeforeARouteIsTold has each way of it leave a line, and a count.
func TestWhatEndsBeforeARouteIsTold(t *testing.T) {
	t.Parallel()
	var log keptLines
	f := startWith(t, pki.Options{Hosts: func(name string) (pki.Host, bool) {
		return pki.Host{Name: name}, !strings.HasPrefix(name, "nobody.")
	}}, func(c *proxy.Config) { c.AccessLog = &log })
	f.upstreams.start(t, "orders", "rel_1", func(http.ResponseWriter, *http.Request) {})
	put(t, f.routes, dev, gateway.ToService("orders", host, "/orders", "orders", ""))
	f.get(t, host, "/orders")
	shake := func(change func(*tls.Config)) {
		t.Helper()
		config := &tls.Config{ServerName: host, RootCAs: f.authority.Pool(), MinVersion: tls.VersionTLS12}
		change(config)
		if conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.server.Port()), config); err == nil {
			_ = conn.Close()
			t.Error("the hands were shaken")
		}
	}
	say := func(words string) {
		t.Helper()
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.server.Port()))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, words)
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		_, _ = io.Copy(io.Discard, conn)
	}
	two := func(field string) { // asks over HTTP/2
		t.Helper()
		conn, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", f.server.Port()), &tls.Config{ServerName: host, RootCAs: f.authority.Pool(), NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		var block bytes.Buffer
		encoder := hpack.NewEncoder(&block)
		for _, h := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", host}, {":path", "/"}} {
			_ = encoder.WriteField(hpack.HeaderField{Name: h[0], Value: h[1]})
		}
		for range 20 {
			_ = encoder.WriteField(hpack.HeaderField{Name: "x", Value: field})
		}
		_, _ = io.WriteString(conn, http2.ClientPreface)
		framer := http2.NewFramer(conn, conn)
		_ = framer.WriteSettings()
		_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndHeaders: true, EndStream: true})
	}
	cases := []struct {
		reason exchange.Reason
		status int
		host   string
		do     func()
	}{
		{exchange.NoRoute, 404, host, func() { f.get(t, host, "/nothing?token=s3cret") }},
		{exchange.UnknownHost, 404, "other.dev.shop.localhost", func() { f.get(t, "other.dev.shop.localhost", "/") }},
		{exchange.Malformed, 400, "", func() { f.raw(t, "GET / HTTP/1.1\r\nHost : "+host+"\r\n\r\n") }},
		{exchange.Ambiguous, 400, "", func() { f.raw(t, "GET http://evil/ HTTP/1.1\r\nHost: "+host+"\r\n\r\n") }},
		{exchange.TargetTooLong, 414, "", func() { f.raw(t, "GET /"+strings.Repeat("a", 20<<10)+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n") }},
		{exchange.HeadTooLarge, 431, "", func() {
			f.raw(t, "GET / HTTP/1.1\r\nHost: "+host+"\r\nX: "+strings.Repeat("a", 70<<10)+"\r\n\r\n")
		}},
		{exchange.Tunnel, 405, "", func() { f.raw(t, "CONNECT "+host+":443 HTTP/1.1\r\nHost: "+host+"\r\n\r\n") }},
		{exchange.BadVersion, 505, "", func() { f.raw(t, "GET / HTTP/1.2\r\nHost: "+host+"\r\n\r\n") }},
		{exchange.TLSName, 0, "nobody.dev.shop.localhost", func() { shake(func(c *tls.Config) { c.ServerName = "nobody.dev.shop.localhost" }) }},
		{exchange.TLSVersion, 0, "", func() { shake(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }) }},
		{exchange.TLSFailed, 0, host, func() { shake(func(c *tls.Config) { c.RootCAs, c.MaxVersion = nil, tls.VersionTLS12 }) }},
		{exchange.TLSPlain, 0, "", func() { say("GET / HTTP/1.1\r\n\r\n") }},
	}
	for _, c := range cases {
		c.do()
		filtertest.Until(t, string(c.reason), func() bool { return len(log.reasons(t)[string(c.reason)]) > 0 })
		lines := log.reasons(t)[string(c.reason)]
		l := lines[0]
		if len(lines) != 1 || l.Status != c.status || l.Client != "127.0.0.1" || l.Scheme != "https" || l.Host != c.host || l.Tenant+l.Path+l.Query != "" || l.Time.IsZero() {
			t.Errorf("%s: %+v", c.reason, lines)
		}
		if want := fmt.Sprintf(`terrace_gateway_unrouted_total label:{name:"reason" value:"%s"} counter:{value:1`, c.reason); !strings.Contains(metrics(t, f.registry), want) {
			t.Errorf("%s is not counted:\n%s", c.reason, metrics(t, f.registry))
		}
	}
	if strings.Contains(log.text(), "s3cret") {
		t.Error("a query is told")
	}
	two(strings.Repeat("a", 3900))
	tooLarge := string(exchange.HeadTooLarge)
	filtertest.Until(t, "a head of HTTP/2", func() bool { return len(log.reasons(t)[tooLarge]) > 1 })
	if l := log.reasons(t)[tooLarge][1]; l.Protocol != 2 || l.Status != 431 || l.Client != "127.0.0.1" || l.Scheme != "https" {
		t.Errorf("%+v", l)
	}
	if !strings.Contains(metrics(t, f.registry), `value:"head_too_large"} counter:{value:2`) {
		t.Error("a head of HTTP/2 is not counted")
	}
	if len(log.reasons(t)[""]) != 1 {
		t.Errorf("lines of routes: %v", log.reasons(t)[""])
	}
}

// TestAFloodOfBadRequestsFillsNoDisk has lines of one reason be few, and those of others not suffer.
func TestAFloodOfBadRequestsFillsNoDisk(t *testing.T) {
	t.Parallel()
	var log keptLines
	f := start(t, func(c *proxy.Config) { c.AccessLog = &log })
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	tell := func(reason exchange.Reason, n int) {
		for range n {
			f.proxy.Unrouted(exchange.Unrouted{Reason: reason, At: at, Client: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}, Proto: 1, Status: 400})
		}
	}
	tell(exchange.Malformed, 10_000)
	tell(exchange.TLSName, 1)
	at = at.Add(time.Second)
	tell(exchange.Malformed, 100)
	lines := log.reasons(t)
	if n := len(lines[string(exchange.Malformed)]); n != 55 || len(lines[string(exchange.TLSName)]) != 1 {
		t.Fatalf("%d lines", n)
	}
	if l := lines[string(exchange.Malformed)][50]; l.Suppressed != 9950 {
		t.Errorf("suppressed: %+v", l)
	}
	text := metrics(t, f.registry)
	for _, want := range []string{`value:"malformed"} counter:{value:10100`, `terrace_gateway_unrouted_suppressed_total counter:{value:10045`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// operators may see what is of no tenant.
type operators struct{ operator bool }

func (o operators) Authorize(_ context.Context, action string, _ kernel.Scope) error {
	if action == "gateway.read-unrouted" && !o.operator {
		return kernel.Errorf(kernel.Denied, "no")
	}
	return nil
}

func (operators) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

// apart is a tail.Store of one replica.
type apart struct{ tail.Store }

func (apart) Want(context.Context, tail.Watch) error            { return nil }
func (apart) End(context.Context, string) error                 { return nil }
func (apart) Take(context.Context, string) ([]tail.Part, error) { return nil, nil }

func TestOperatorsSeeWhatNoRouteWasFoundFor(t *testing.T) {
	t.Parallel()
	hub := &tail.Hub{}
	f := start(t, func(c *proxy.Config) { c.Tail = hub })
	f.upstreams.start(t, "orders", "rel_1", func(http.ResponseWriter, *http.Request) {})
	put(t, f.routes, dev, gateway.ToService("orders", host, "/orders", "orders", ""))
	service := func(operator bool) *tail.Service {
		return &tail.Service{Hub: hub, Store: apart{}, Authorizer: operators{operator}, Log: slog.New(slog.DiscardHandler), Node: "one"}
	}
	if _, err := service(false).Watch(t.Context(), tail.Filter{Tenant: dev.Tenant, Unrouted: true}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("who runs no platform: %v", err)
	}
	if _, err := service(true).Watch(t.Context(), tail.Filter{Tenant: dev.Tenant, Project: "shop", Unrouted: true}); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("of a project: %v", err)
	}
	watch := func(filter tail.Filter) chan accesslog.Line {
		stream, err := service(true).Watch(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		lines, begun := make(chan accesslog.Line, 100), make(chan struct{}, 100)
		go func() {
			_ = stream.Run(t.Context(), func(told tail.Told) error {
				if told.Line != nil {
					lines <- *told.Line
				} else {
					begun <- struct{}{}
				}
				return nil
			})
		}()
		<-begun
		return lines
	}
	own, platform := watch(tail.Filter{Tenant: dev.Tenant}), watch(tail.Filter{Tenant: dev.Tenant, Unrouted: true})
	f.get(t, "other.dev.shop.localhost", "/")
	f.get(t, host, "/orders")
	f.get(t, host, "/nothing")
	if l := <-platform; l.Reason != "unknown_host" || l.Host != "other.dev.shop.localhost" {
		t.Errorf("%+v", l)
	}
	if l := <-platform; l.Reason != "no_route" {
		t.Errorf("%+v", l)
	}
	if l := <-own; l.Route != "orders" || len(own) != 0 || len(platform) != 0 {
		t.Errorf("%+v, and %d and %d more", l, len(own), len(platform))
	}
}
