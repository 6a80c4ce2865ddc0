package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

func sealer(t testing.TB) *seal.Sealer {
	t.Helper()
	s, err := seal.Open(context.Background(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "kek")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func sealed(t testing.TB, s *cachetest.Server, by cache.Sealer, m *cache.Metrics) *cache.Cache[string] {
	t.Helper()
	r := s.Serve(t, cache.RedisConfig{Log: slog.New(slog.DiscardHandler), Sealer: by, Metrics: m})
	return cache.New(cache.NewRoom(cache.RoomConfig{Shared: r}), cache.Config[string]{Name: "texts", Tenant: "acme", Memory: 1 << 20, MaxShared: 4096, Codec: texts{}})
}

// TestWhatIsSharedIsSealed and opens in its place alone, as it was written.
func TestWhatIsSharedIsSealed(t *testing.T) {
	t.Parallel()
	s, by := cachetest.Redis(t), sealer(t)
	a := sealed(t, s, by, nil)
	a.Set(a.Mark(), "k", entry("a-private-word", "tag"))
	a.Set(a.Mark(), "other", entry("another"))
	client := redis.NewClient(s.Options())
	defer func() { _ = client.Close() }()
	ctx := t.Context()
	const key, other = "terrace:cache:texts:e:k", "terrace:cache:texts:e:other"
	var whole, foreign []byte
	cachetest.Until(t, "both in Redis", func() bool {
		whole, _ = client.Get(ctx, key).Bytes()
		foreign, _ = client.Get(ctx, other).Bytes()
		return len(whole) > 0 && len(foreign) > 0
	})
	if bytes.Contains(whole, []byte("private")) {
		t.Error("it is there to be read")
	}
	b := sealed(t, s, by, nil)
	if e, ok := b.Get(ctx, "k"); !ok || e.Value != "a-private-word" || len(e.Tags) != 1 {
		t.Errorf("%+v, %v", e, ok)
	}
	wrong := map[string][]byte{"nothing": {}, "another key's": foreign, "plain": []byte("\x00\x00\x00\x02{}x"), "huge": bytes.Repeat([]byte("x"), 1<<20)}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		wrong[fmt.Sprintf("changed at %d", i)] = changed
	}
	for n := range whole {
		wrong[fmt.Sprintf("cut at %d", n)] = whole[:n]
	}
	r := s.Serve(t, cache.RedisConfig{Log: slog.New(slog.DiscardHandler), Sealer: by})
	fresh := func() *cache.Cache[string] {
		return cache.New(cache.NewRoom(cache.RoomConfig{Shared: r}), cache.Config[string]{Name: "texts", Tenant: "acme", Memory: 1 << 20, MaxShared: 4096, Codec: texts{}})
	}
	for name, value := range wrong {
		if err := client.Set(ctx, key, value, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if has(fresh(), "k") {
			t.Errorf("a value that is %s is taken", name)
		}
	}
	client.Del(ctx, key)
	client.LPush(ctx, key, "x")
	if has(fresh(), "k") || !r.Up() {
		t.Error("a value of another kind is taken, or takes Redis out of use")
	}
	client.Del(ctx, key)
	client.Set(ctx, key, whole, 0)
	if !has(fresh(), "k") {
		t.Error("the right one is not taken any more: the test proves nothing")
	}
	if c := cache.New(cache.NewRoom(cache.RoomConfig{Shared: r}), cache.Config[string]{Name: "texts", Tenant: "rival", Memory: 1 << 20, Codec: texts{}}); has(c, "k") {
		t.Error("another tenant reads it")
	}
}

// gone seals for nobody any more, as for a tenant whose keys are destroyed.
type gone struct{}

func (gone) SealFor(context.Context, string, []byte, []byte) ([]byte, error) {
	return nil, errors.New("the keys were destroyed")
}

func (gone) Open(context.Context, []byte, []byte) ([]byte, error) {
	return nil, errors.New("the keys were destroyed")
}

// TestATenantWithoutKeys has memory alone, and reads nothing of what was shared.
func TestATenantWithoutKeys(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	before := sealed(t, s, sealer(t), nil)
	client := redis.NewClient(s.Options())
	defer func() { _ = client.Close() }()
	cachetest.Until(t, "it in Redis", func() bool { // a slow one is not waited for
		before.Set(before.Mark(), "k", entry("x"))
		return client.Exists(t.Context(), "terrace:cache:texts:e:k").Val() == 1
	})
	registry := prometheus.NewRegistry()
	m, err := cache.NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	c := sealed(t, s, gone{}, m)
	if has(c, "k") {
		t.Error("it reads what was shared")
	}
	if !c.Set(c.Mark(), "new", entry("y")) || !has(c, "new") {
		t.Error("memory alone does not do")
	}
	lost := "# HELP terrace_cache_shared_lost_total Entries that were not written to the shared Redis, because it was slow or away, or could not be sealed.\n" +
		"# TYPE terrace_cache_shared_lost_total counter\nterrace_cache_shared_lost_total 1\n"
	cachetest.Until(t, "the attempt to share it", func() bool {
		return testutil.GatherAndCompare(registry, strings.NewReader(lost), "terrace_cache_shared_lost_total") == nil
	})
	if client.Exists(t.Context(), "terrace:cache:texts:e:new").Val() != 0 {
		t.Error("it is in Redis in the clear")
	}
}
