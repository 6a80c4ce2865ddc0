package productredis_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit/limitredis"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product/productredis"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product/productsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// server is a redis-server that can be killed and started again, and forgets all by that.
type server struct {
	t          *testing.T
	path, port string
	cmd        *exec.Cmd
}

func startRedis(t *testing.T) *server {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not on this machine")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	s := &server{t: t, path: path, port: port}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.cmd = exec.Command(s.path, "--port", s.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.t.TempDir())
	must(s.t, s.cmd.Start())
}

func (s *server) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.out.String(), text)
}

type silent struct{}

func (silent) Record(context.Context, kernel.Fact) error             { return nil }
func (silent) Authorize(context.Context, string, kernel.Scope) error { return nil }
func (silent) Find(_ context.Context, _ string, c product.Consumer) (product.Consumer, error) {
	return c, nil
}

func (silent) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

// replica is a gateway with products that counts in Redis.
type replica struct {
	*authntest.Gateway
	products *product.Service
	shared   *productredis.Store
	logs     *lines
}

func start(t *testing.T, d *db.DB, r *server) *replica {
	t.Helper()
	options, err := limitredis.Options("redis://127.0.0.1:" + r.port)
	must(t, err)
	client := redis.NewClient(options)
	w := &replica{logs: &lines{}}
	w.shared = productredis.New(productredis.Config{Client: client, Log: slog.New(slog.NewTextHandler(w.logs, nil)), Timeout: time.Second})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.shared.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
		_ = client.Close()
	})
	quiet := slog.New(slog.DiscardHandler)
	w.products = product.New(product.Config{
		Store: productsql.NewStore(d), Usage: productsql.NewStore(d), Documents: gatewaysql.NewStore(d), Consumers: silent{}, Shared: w.shared,
		Authorizer: silent{}, Journal: silent{}, Tx: d, Log: quiet,
	})
	must(t, w.products.Load(t.Context()))
	kind := authn.New(authn.Config{Subscriptions: w.products, Log: quiet})
	t.Cleanup(kind.Close)
	w.Gateway = authntest.Start(t, kind.AsksCertificate, kind)
	w.Put(t, authntest.Dev(), authn.KindName, `{"providers": [{"name": "keys", "apiKey": {"header": "X-Api-Key", "products": true}}]}`)
	return w
}

// sold makes a product with quotas, and returns a key for it.
func sold(t *testing.T, d *db.DB, w *replica, quotas string) string {
	t.Helper()
	docs := gatewaysql.NewStore(d)
	desk := gateway.NewService(gateway.Config{
		Store: docs, PolicyStore: docs, ProductStore: docs, Products: w.products, Library: docs, Authorizer: silent{}, Journal: silent{}, Tx: d, Log: slog.New(slog.DiscardHandler),
	})
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
	source := "apiVersion: gateway.terrace.dev/v1\nkind: Product\nmetadata: {name: orders}\nspec: {state: published, routes: [orders], plans: [{name: basic, quotas: [" + quotas + "]}]}\n"
	_, err := desk.Apply(ctx, authntest.Dev(), []gatewaydoc.File{{Name: "p.yaml", Source: source}}, gateway.ApplyOptions{})
	must(t, err)
	_, keys, err := w.products.Subscribe(ctx, authntest.Dev(), product.Wish{Product: "orders"})
	must(t, err)
	return keys.Primary
}

func (w *replica) ask(t *testing.T, key string) int {
	t.Helper()
	return w.Do(t, http.MethodGet, authntest.Host, "/", "X-Api-Key", key).StatusCode
}

// left asks, and returns what is left of the quota.
func (w *replica) left(t *testing.T, key string) int {
	t.Helper()
	_, rest, _ := strings.Cut(w.Do(t, http.MethodGet, authntest.Host, "/", "X-Api-Key", key).Header.Get("Ratelimit"), ";r=")
	text, _, _ := strings.Cut(rest, ";")
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

func TestReplicasCountQuotasTogether(t *testing.T) {
	t.Parallel()
	r, d := startRedis(t), dbtest.SQLite(t, gatewaysql.Migrations(), productsql.Migrations())
	a := start(t, d, r)
	key := sold(t, d, a, "{calls: 100, per: month}, {bytes: 1000000000, per: month}")
	b := start(t, d, r)
	until(t, "sharing", func() bool { return a.shared.Ready() && b.shared.Ready() })
	var passed atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 25 {
				if []*replica{a, b}[i%2].ask(t, key) == http.StatusOK {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if passed.Load() != 100 {
		t.Errorf("%d of 200 passed at two replicas, want 100", passed.Load())
	}
	must(t, a.products.Write(t.Context()))
	must(t, b.products.Write(t.Context()))
	ctx := kernel.WithActor(t.Context(), kernel.System("test", "acme"))
	u, err := a.products.UsageOf(ctx, authntest.Dev(), "shop", product.Month, 1)
	if must(t, err); u.History[0].Calls != 100 || u.History[0].Refused != 100 {
		t.Errorf("written %+v", u.History)
	}
}

func TestWhileRedisIsGoneEachCountsAndNobodyWaits(t *testing.T) {
	t.Parallel()
	r, d := startRedis(t), dbtest.SQLite(t, gatewaysql.Migrations(), productsql.Migrations())
	a := start(t, d, r)
	key := sold(t, d, a, "{calls: 10, per: month}")
	b := start(t, d, r)
	until(t, "sharing", func() bool { return a.shared.Ready() && b.shared.Ready() })
	ask := func(w *replica, calls, want int) {
		t.Helper()
		for range calls {
			if got := w.ask(t, key); got != want {
				t.Errorf("%d, want %d", got, want)
			}
		}
	}
	ask(a, 2, http.StatusOK)
	ask(b, 2, http.StatusOK) // 4, which both know of by Redis
	ask(a, 1, http.StatusOK) // 5
	r.kill()
	ask(a, 2, http.StatusOK) // 7, of which the second knows 5
	ask(b, 1, http.StatusOK) // 8
	if a.shared.Ready() || b.shared.Ready() {
		t.Error("they think that Redis is there")
	}
	must(t, a.products.Write(t.Context()))
	must(t, b.products.Write(t.Context()))
	r.start() // empty: what is known comes back from the replicas
	until(t, "sharing again", func() bool { return a.shared.Ready() && b.shared.Ready() })
	ask(b, 1, http.StatusOK) // 9
	ask(a, 1, http.StatusOK) // 10
	ask(a, 1, http.StatusTooManyRequests)
	ask(b, 1, http.StatusTooManyRequests)
	if n := a.logs.count("Redis does not answer"); n < 1 || n > 2 { // it may not have been there at the start
		t.Errorf("said %d times that Redis is gone", n)
	}
}

func TestBytesOfOneReplicaCountAtTheOther(t *testing.T) {
	t.Parallel()
	r, d := startRedis(t), dbtest.SQLite(t, gatewaysql.Migrations(), productsql.Migrations())
	a := start(t, d, r)
	key := sold(t, d, a, "{bytes: 2000, per: month}")
	b := start(t, d, r)
	until(t, "sharing", func() bool { return a.shared.Ready() && b.shared.Ready() })
	for range 3 {
		a.ask(t, key)
	}
	if n := b.left(t, key); n >= 2000 {
		t.Errorf("%d bytes are left, as if the other had sent none", n)
	}
	sent := 0
	until(t, "the first has used it up", func() bool {
		sent++
		return a.ask(t, key) == http.StatusTooManyRequests
	})
	if sent > 20 { // an answer has some 300 bytes
		t.Errorf("used up after %d answers", sent)
	}
	b.ask(t, key) // the bytes of the last answer may not have come yet: they do by what is written
	must(t, a.products.Write(t.Context()))
	must(t, b.products.Write(t.Context()))
	if got := b.ask(t, key); got != http.StatusTooManyRequests {
		t.Errorf("at the other, once it was written: %d", got)
	}
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for began := time.Now(); !holds(); {
		if time.Since(began) > time.Minute {
			t.Fatalf("not so after a minute: %s", what)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
