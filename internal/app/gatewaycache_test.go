package app

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	gatewaycache "github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cache"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

// twoDaemons are two on one PostgreSQL, with the same keys.
func twoDaemons(t *testing.T, with ...func(*config.Config)) (first, second *App) {
	t.Helper()
	shared, database := t.TempDir(), dbtest.NewPostgres(t)
	both := func(node string) func(*config.Config) {
		return func(c *config.Config) {
			c.Node, c.Database = node, database
			c.Key, c.Blobs = "file://"+filepath.Join(shared, "kek"), "file://"+filepath.Join(shared, "blobs")
		}
	}
	return benchApp(t, append(with, both("first"))...), benchApp(t, append(with, both("second"))...)
}

// running runs a loop of a daemon as long as the test.
func running(t *testing.T, loop func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- loop(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// cachedAt returns what asks a route with a cache at a daemon, whose answers are tagged
// with the product.
func cachedAt(t *testing.T, a *App, dev kernel.Scope) func(product string) {
	t.Helper()
	filter, err := a.fabric.cached.Compile(t.Context(), gateway.Policy{Scope: dev, Name: "answers", Kind: gatewaycache.KindName, Spec: json.RawMessage(`{}`)},
		gateway.Attachment{Scope: dev, Route: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	handler := filter(func(x *exchange.Exchange) {
		x.Response.Header.Set("Cache-Control", "max-age=3600")
		x.Response.Header.Set("Cache-Tag", path.Base(x.Path))
		x.SetBody([]byte("a-private-word"))
	})
	t.Cleanup(func() { runtime.KeepAlive(handler) }) // a cache that nobody holds goes
	return func(product string) {
		req, resp := &fasthttp.Request{}, &fasthttp.Response{}
		req.SetRequestURI("/products/" + product)
		req.Header.SetHost("shop.dev.demo.localhost")
		x, ok := exchange.New(req, resp, exchange.Connection{Context: t.Context(), Client: &net.TCPAddr{}, Proto: 1, Body: exchange.NewBody(nil, 0)})
		if !ok {
			t.Fatal("the request is not taken")
		}
		handler(x)
		x.Handled()
	}
}

// TestWhatADaemonSharesIsSealed looks at what is in the Redis of the configuration.
func TestWhatADaemonSharesIsSealed(t *testing.T) {
	t.Parallel()
	server := cachetest.Redis(t)
	a := benchApp(t, func(c *config.Config) { c.GatewayRedis = server.URL() })
	running(t, a.platform.shared.Serve)
	cachetest.Until(t, "Redis", a.platform.shared.Up)
	cachedAt(t, a, kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"})("product-7")
	client := redis.NewClient(server.Options())
	defer func() { _ = client.Close() }()
	var keys []string
	cachetest.Until(t, "the answer in Redis", func() bool {
		keys, _ = client.Keys(t.Context(), "terrace:cache:gateway:*:e:*").Result()
		return len(keys) == 2
	})
	for _, key := range keys {
		if value := client.Get(t.Context(), key).Val(); value == "" || strings.Contains(value, "private") || strings.Contains(value, "until") {
			t.Errorf("%q is there to be read: %.80q", key, value)
		}
	}
}

// TestAPurgeAtOneDaemonIsHeardAtTheOther has no Redis between them.
func TestAPurgeAtOneDaemonIsHeardAtTheOther(t *testing.T) {
	t.Parallel()
	a, b := twoDaemons(t)
	dev := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	for _, one := range []*App{a, b} {
		running(t, one.access.events.Serve)
		running(t, (&purges{events: one.access.events, gateway: one.fabric.gateway}).Run)
	}
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	if _, err := a.fabric.gateway.PutRoute(ctx, dev, gateway.ToService("shop", "shop.dev.demo.localhost", "", "shop", "")); err != nil {
		t.Fatal(err)
	}
	ask := map[*App]func(product string){a: cachedAt(t, a, dev), b: cachedAt(t, b, dev)}
	entries := func(one *App) int { return one.fabric.cached.Uses(dev)[0].Entries }
	purge := func(at *App, p gateway.CachePurge) int {
		n, err := at.fabric.gateway.PurgeCache(ctx, dev, p)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	cachetest.Until(t, "the other daemon to listen", func() bool {
		// A tag of its own: what is still on its way when b hears the first drops nothing below.
		ask[b]("product-0")
		purge(a, gateway.CachePurge{Tag: "product-0"})
		return entries(b) == 0
	})
	for _, p := range []gateway.CachePurge{{Tag: "product-7"}, {URL: "shop.dev.demo.localhost/products/*"}, {Route: "shop"}, {All: true}} {
		ask[a]("product-7")
		ask[b]("product-7")
		if purge(a, gateway.CachePurge{Tag: "product-8"}) != 0 || entries(a) != 1 || entries(b) != 1 {
			t.Errorf("%+v: another tag's purge drops it, or it was not stored: %d and %d are left", p, entries(a), entries(b))
		}
		began := time.Now()
		if n := purge(a, p); n != 1 || entries(a) != 0 {
			t.Errorf("%+v: %d were dropped, %d are left", p, n, entries(a))
		}
		cachetest.Until(t, "the other daemon to drop it", func() bool { return entries(b) == 0 })
		t.Logf("%+v: heard after %s", p, time.Since(began).Round(time.Millisecond))
	}
	ask[a]("product-9")
	purge(a, gateway.CachePurge{Tag: "product-7"})
	ask[a]("product-7")
	purge(b, gateway.CachePurge{Tag: "product-9"})
	cachetest.Until(t, "the event after its own", func() bool { return entries(a) < 2 })
	if entries(a) != 1 {
		t.Error("hearing of its own purges drops what came after")
	}
}

// awayLog is a log that cannot be read while it is away.
type awayLog struct {
	event.LogStore

	away  atomic.Bool
	asked atomic.Int64
}

// Read implements event.LogStore.
func (l *awayLog) Read(ctx context.Context, q event.Query, limit int) ([]event.Entry, error) {
	if l.away.Load() {
		l.asked.Add(1)
		return nil, errors.New("the database is away")
	}
	return l.LogStore.Read(ctx, q, limit)
}

// TestAPurgeIsHeardByADaemonThatWasAway purges while the other daemon cannot read the log,
// and changes a definition.
func TestAPurgeIsHeardByADaemonThatWasAway(t *testing.T) {
	t.Parallel()
	a, b := twoDaemons(t)
	dev := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	log := &awayLog{LogStore: b.access.events.Store}
	b.access.events.Store = log
	for _, one := range []*App{a, b} {
		running(t, one.access.events.Serve)
	}
	loops := supervise.New(slog.New(slog.DiscardHandler))
	loops.Add("purges", (&purges{events: b.access.events, gateway: b.fabric.gateway}).Run)
	loops.Add("kept", followsKept{b.access.events, b.platform.kept}.Run)
	loops.Start(t.Context())
	t.Cleanup(func() {
		if err := loops.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	ask, entries := cachedAt(t, b, dev), func() int { return b.fabric.cached.Uses(dev)[0].Entries }
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "default"))
	purge := func(tag string) {
		if _, err := a.fabric.gateway.PurgeCache(ctx, dev, gateway.CachePurge{Tag: tag}); err != nil {
			t.Fatal(err)
		}
	}
	cachetest.Until(t, "the other daemon to listen", func() bool {
		ask("product-0")
		purge("product-0")
		return entries() == 0
	})
	here, there := &replica{App: a, t: t, h: a.handler(), token: a.first.Token}, &replica{App: b, t: t, h: b.handler(), token: a.first.Token}
	one := there.definitions()[0]
	cachetest.Until(t, "what is kept", func() bool { there.definitions(); return there.found("definitions", "memory") > 0 })
	ask("product-7")
	ask("product-8")
	log.away.Store(true)
	purge("product-7")
	here.must(http.MethodPut, "/definitions/"+one.Name, map[string]string{"source": one.Source + "\n# anew\n"}, nil)
	cachetest.Until(t, "both loops to fail, and to begin again", func() bool { return log.asked.Load() >= 4 })
	if entries() != 2 {
		t.Fatalf("%d answers are stored while the log is away: the test proves nothing", entries())
	}
	if got := there.revision(one.Name); got != one.Revision+1 {
		t.Errorf("revision %d is served, from what was kept, while the log is away", got)
	}
	log.away.Store(false)
	cachetest.Until(t, "the purge", func() bool { return entries() == 1 })
	if got := there.revision(one.Name); got != one.Revision+1 {
		t.Errorf("revision %d is served once the log is back", got)
	}
	ask("product-9")
	log.away.Store(true)
	purge("product-9")
	if err := a.access.events.Order(ctx); err != nil { // what has no place yet is not forgotten
		t.Fatal(err)
	}
	if _, err := a.access.events.Store.Forget(ctx, time.Now().Add(time.Hour), 0); err != nil {
		t.Fatal(err)
	}
	log.away.Store(false)
	cachetest.Until(t, "all to be dropped, since the purge is no longer kept", func() bool { return entries() == 0 })
}
