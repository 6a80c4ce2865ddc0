package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/session"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// instances are those of one service, the same for every daemon.
type instances []string

func (i instances) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return i[0], "", true
}

func (i instances) Endpoints(to []upstream.Endpoint, _ kernel.Scope, _, _ string) []upstream.Endpoint {
	for _, addr := range i {
		to = append(to, upstream.Endpoint{Addr: addr})
	}
	return to
}

// TestEveryDaemonHonoursASession of another one, after a restart and after the keys
// have changed, too; what nobody has signed it does not.
func TestEveryDaemonHonoursASession(t *testing.T) {
	t.Parallel()
	a, b := twoDaemons(t)
	ctx, dev := t.Context(), kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	var all instances
	for _, name := range []string{"one", "two", "three", "four"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(name)) }))
		t.Cleanup(server.Close)
		all = append(all, strings.TrimPrefix(server.URL, "http://"))
	}
	r := gateway.ToService("shop", "shop.dev.demo.localhost", "", "shop", "")
	r.Rules[0].Session = &gateway.Session{CookieName: "stay"}
	if _, err := a.fabric.gateway.PutRoute(kernel.WithActor(ctx, kernel.System("test", "default")), dev, r); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	relay := func(a *App, k *session.Keys) *proxy.Proxy {
		store := gatewaysql.NewStore(a.platform.db)
		routes := gateway.NewService(gateway.Config{Store: store, PolicyStore: store, Log: slog.New(slog.DiscardHandler)})
		if err := routes.Load(ctx); err != nil {
			t.Fatal(err)
		}
		p := proxy.New(proxy.Config{Routes: routes, Upstreams: all, Log: slog.New(slog.DiscardHandler), Sessions: k})
		t.Cleanup(p.Close)
		return p
	}
	daemon := func(a *App) (*session.Keys, *proxy.Proxy) {
		k := &session.Keys{Store: gatewaysql.NewStore(a.platform.db), Sealer: a.platform.sealer, Log: slog.New(slog.DiscardHandler), Clock: func() time.Time { return now }}
		if err := k.Renew(ctx); err != nil {
			t.Fatal(err)
		}
		return k, relay(a, k)
	}
	ask := func(p *proxy.Proxy, cookie string) (who, set string) {
		t.Helper()
		req, resp := &fasthttp.Request{}, &fasthttp.Response{}
		req.SetRequestURI("/")
		req.Header.SetHost("shop.dev.demo.localhost")
		req.Header.SetCookie("stay", cookie)
		x, ok := exchange.New(req, resp, exchange.Connection{Context: context.WithoutCancel(ctx), Client: &net.TCPAddr{}, Proto: 1, Body: exchange.NewBody(nil, 0)})
		if !ok {
			t.Fatal("the request is not taken")
		}
		p.Handle(x)
		body := string(resp.Body())
		x.Handled()
		set, _, _ = strings.Cut(strings.TrimPrefix(string(resp.Header.Peek("Set-Cookie")), "stay="), ";")
		return body, set
	}
	aKeys, first := daemon(a)
	bKeys, second := daemon(b)
	stays := func(when string, p *proxy.Proxy, cookie, want string) {
		t.Helper()
		for range 20 {
			if who, set := ask(p, cookie); who != want || set != "" {
				t.Fatalf("%s: %q answers, want %q; set %q", when, who, want, set)
			}
		}
	}
	want, cookie := ask(first, "")
	if want == "" || cookie == "" {
		t.Fatalf("%q, cookie %q", want, cookie)
	}
	stays("where it began", first, cookie, want)
	stays("at the other daemon", second, cookie, want)
	_, again := daemon(a)
	stays("after a restart", again, cookie, want)

	now = now.Add(31 * 24 * time.Hour)
	if err := aKeys.Renew(ctx); err != nil { // makes a new key, which only rests at first
		t.Fatal(err)
	}
	stays("while the new key rests", first, cookie, want)
	stays("where the new key is not known yet", second, cookie, want)
	now = now.Add(time.Hour)
	if err := bKeys.Renew(ctx); err != nil {
		t.Fatal(err)
	}
	who, moved := ask(second, cookie)
	if who != want || moved == "" || moved == cookie {
		t.Errorf("after the keys changed: %q, want %q, cookie %q", who, want, moved)
	}
	stays("with a cookie of the new key", first, moved, want)
	now = now.Add(95 * 24 * time.Hour)
	if err := aKeys.Renew(ctx); err != nil {
		t.Fatal(err)
	}
	if _, set := ask(first, cookie); set == "" {
		t.Error("a key whose time is over is honoured")
	}
	_, foreign := ask(relay(a, nil), "")
	for _, forged := range []string{foreign, moved[:4] + foreign[4:], moved[:len(moved)-1], strings.Repeat("A", len(moved))} {
		if _, set := ask(second, forged); set == "" {
			t.Errorf("%q is honoured", forged)
		}
	}
}
