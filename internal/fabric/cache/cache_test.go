package cache_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
)

// texts is the codec of texts.
type texts struct{}

func (texts) Size(v string) int               { return len(v) }
func (texts) Encode(v string) ([]byte, error) { return []byte(v), nil }
func (texts) Decode(b []byte) (string, error) { return string(b), nil }
func entry(v string, tags ...string) (e cache.Entry[string]) {
	return cache.Entry[string]{Value: v, Tags: tags, Until: time.Now().Add(time.Hour)}
}

func open(t *testing.T, shared *cache.Redis) *cache.Cache[string] {
	t.Helper()
	return cache.New(cache.NewRoom(cache.RoomConfig{Shared: shared}), cache.Config[string]{Name: "texts", Memory: 1 << 20, Codec: texts{}})
}

func has(c *cache.Cache[string], key string) bool {
	_, ok := c.Get(context.Background(), key)
	return ok
}

func TestPurgeInMemory(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		purge cache.Purge
		left  string
	}{
		{"a key", cache.Purge{Key: "a/1"}, "a/2 b/1"},
		{"a tag", cache.Purge{Tag: "odd"}, "a/2"},
		{"a prefix", cache.Purge{Prefix: "a/"}, "b/1"},
		{"a part", cache.Purge{Part: "/1"}, "a/2"},
		{"a prefix with a part", cache.Purge{Prefix: "b", Part: "/1"}, "a/1 a/2"},
		{"a tag with a prefix", cache.Purge{Tag: "odd", Prefix: "b/"}, "a/1 a/2"},
		{"all", cache.Purge{All: true}, ""},
		{"nothing", cache.Purge{}, "a/1 a/2 b/1"},
	}
	for _, c := range cases {
		m := open(t, nil)
		m.Set(m.Mark(), "a/1", entry("x", "odd"))
		m.Set(m.Mark(), "a/2", entry("x", "even"))
		m.Set(m.Mark(), "b/1", entry("x", "odd"))
		m.Purge(context.Background(), c.purge)
		var left []string
		for _, key := range []string{"a/1", "a/2", "b/1"} {
			if has(m, key) {
				left = append(left, key)
			}
		}
		if got := strings.Join(left, " "); got != c.left {
			t.Errorf("purge of %s leaves %q, want %q", c.name, got, c.left)
		}
	}
}

// TestWhatWasPurgedWhileItWasReadIsNotKept is the race of a reader and a writer.
func TestWhatWasPurgedWhileItWasReadIsNotKept(t *testing.T) {
	t.Parallel()
	m := open(t, nil)
	mark := m.Mark()
	m.Purge(context.Background(), cache.Purge{Tag: "user"})
	if m.Set(mark, "a", entry("old", "user")) || has(m, "a") {
		t.Error("what was read before a purge is kept")
	}
	if !m.Set(mark, "b", entry("other", "group")) || !has(m, "b") {
		t.Error("what the purge does not name is lost")
	}
	// What was read after the purge stays, whoever comes late with what was read before.
	m.Set(m.Mark(), "a", entry("new", "user"))
	if m.Set(mark, "a", entry("old", "user")) {
		t.Error("what was read before a purge is kept")
	}
	if e, ok := m.Get(context.Background(), "a"); !ok || e.Value != "new" {
		t.Errorf("what was read after the purge is %q, %v", e.Value, ok)
	}
	for i := range 1000 {
		m.Purge(context.Background(), cache.Purge{Key: fmt.Sprint(i)})
	}
	if m.Set(mark, "c", entry("x")) {
		t.Error("what is older than all purges that are known is kept")
	}
}

func TestLoadsOfOneKeyAreOne(t *testing.T) {
	t.Parallel()
	m := open(t, nil)
	release := make(chan struct{})
	var loads, began atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			began.Add(1)
			v, err := m.Load(context.Background(), "a", func(context.Context) (cache.Entry[string], error) {
				loads.Add(1)
				<-release
				return entry("x"), nil
			})
			if v != "x" || err != nil {
				t.Errorf("%q, %v", v, err)
			}
		})
	}
	cachetest.Until(t, "the load", func() bool { return loads.Load() == 1 && began.Load() == 20 })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Load(ctx, "a", nil); err == nil {
		t.Error("a caller that has left waits")
	}
	close(release)
	wg.Wait()
	if n := loads.Load(); n != 1 {
		t.Errorf("%d loads", n)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m := open(t, nil)
	for i := range 1000 {
		m.Set(m.Mark(), fmt.Sprint(i), entry(strings.Repeat("x", 10<<10)))
	}
	if held := m.Held(); held > 1<<20 || held < 1<<19 {
		t.Errorf("%d bytes are held of 1 MiB", held)
	}
	m.Resize(1 << 18)
	if held := m.Held(); held > 1<<18 {
		t.Errorf("%d bytes are held of 256 KiB", held)
	}
}

// replica is a cache of its own on a Redis, as in another process.
func replica(t *testing.T, s *cachetest.Server, log *slog.Logger, m *cache.Metrics) (*cache.Cache[string], *cache.Redis) {
	t.Helper()
	r := s.Serve(t, cache.RedisConfig{Log: log, Metrics: m})
	return open(t, r), r
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestReplicasShareAndPurge(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	a, _ := replica(t, s, quiet(), nil)
	b, _ := replica(t, s, quiet(), nil)
	for _, p := range []cache.Purge{
		{Key: "k*[1]"}, {Tag: "tag"}, {Prefix: "k*"}, {Part: "*[1"}, {Prefix: "k", Part: "[1]"}, {Tag: "tag", Part: "*["}, {Prefix: "k*", Soft: true}, {All: true},
	} {
		a.Set(a.Mark(), "k*[1]", entry("x", "tag"))
		a.Set(a.Mark(), "other", entry("x"))
		cachetest.Until(t, "the other replica to see it", func() bool { return has(b, "k*[1]") && has(b, "other") })
		b.Purge(context.Background(), p)
		cachetest.Until(t, "the purge", func() bool { return !has(a, "k*[1]") })
		if has(b, "k*[1]") {
			t.Errorf("%+v: it is there where it was purged", p)
		}
		if has(a, "other") == p.All {
			t.Errorf("%+v: other: %v", p, has(a, "other"))
		}
	}
}

// TestATagThatIsPurgedInPart keeps the rest of it, and finds it the next time.
func TestATagThatIsPurgedInPart(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	a, _ := replica(t, s, quiet(), nil)
	b, _ := replica(t, s, quiet(), nil)
	a.Set(a.Mark(), "one", entry("x", "tag"))
	a.Set(a.Mark(), "two", entry("x", "tag"))
	fresh := func() *cache.Cache[string] { c, _ := replica(t, s, quiet(), nil); return c }
	cachetest.Until(t, "both in Redis", func() bool { return has(b, "one") && has(b, "two") })
	b.Purge(context.Background(), cache.Purge{Tag: "tag", Prefix: "o"})
	if c := fresh(); has(c, "one") || !has(c, "two") {
		t.Errorf("one is there: %v, two: %v", has(c, "one"), has(c, "two"))
	}
	b.Purge(context.Background(), cache.Purge{Tag: "tag"})
	if has(fresh(), "two") {
		t.Error("what the first purge left is not found by its tag any more")
	}
}

// TestSoftPurgesMakeOld has a replica that only heard of it, and Redis without the
// fresh value.
func TestSoftPurgesMakeOld(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	open := func() *cache.Cache[string] {
		_, r := replica(t, s, quiet(), nil)
		return cache.New(cache.NewRoom(cache.RoomConfig{Shared: r}), cache.Config[string]{Name: "soft", Memory: 1 << 20, Codec: texts{}, Soften: func(v string) string { return "old " + v }})
	}
	a, b := open(), open()
	value := func(c *cache.Cache[string]) string {
		e, _ := c.Get(context.Background(), "k")
		return e.Value
	}
	a.Set(a.Mark(), "k", entry("x", "tag"))
	cachetest.Until(t, "the other replica to see it", func() bool { return has(b, "k") })
	mark := a.Mark()
	a.Purge(context.Background(), cache.Purge{Tag: "tag", Soft: true})
	if got := value(a); got != "old x" {
		t.Errorf("it is %q where it was purged", got)
	}
	cachetest.Until(t, "the other replica to hear of it", func() bool { return value(b) == "old x" })
	if has(open(), "k") {
		t.Error("Redis still has the fresh one")
	}
	if a.Set(mark, "k", entry("y", "tag")) {
		t.Error("what was read before the purge is kept as fresh")
	}
	a.Set(a.Mark(), "k", entry("z", "tag"))
	c := open()
	cachetest.Until(t, "a third replica to see it", func() bool { return value(c) == "z" })
	if n := c.Hear(context.Background(), cache.Purge{Key: "k", Soft: true}); n != 1 || value(c) != "old z" || has(open(), "k") {
		t.Errorf("%d were heard of, %q", n, value(c))
	}
}

// lines counts what is logged.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(p))
	return len(p), nil
}

func (l *lines) count(what string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if strings.Contains(line, what) {
			n++
		}
	}
	return n
}

// TestRedisVanishes takes Redis away and brings it back, empty.
func TestRedisVanishes(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	registry := prometheus.NewRegistry()
	m, err := cache.NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	a, redisOfA := replica(t, s, slog.New(slog.NewTextHandler(log, nil)), m)
	b, redisOfB := replica(t, s, quiet(), nil)
	a.Set(a.Mark(), "a", entry("x", "tag"))
	cachetest.Until(t, "the other replica to see it", func() bool { return has(b, "a") })
	s.Stop()
	cachetest.Until(t, "both to notice", func() bool { return !redisOfA.Up() && !redisOfB.Up() })
	if n, _ := testutil.GatherAndCount(registry, "terrace_cache_shared_up"); n != 1 {
		t.Error("no metric tells of it")
	}
	if !has(a, "a") || !a.Set(a.Mark(), "b", entry("y")) || !has(a, "b") || has(a, "none") {
		t.Error("memory alone does not do")
	}
	a.Purge(context.Background(), cache.Purge{Tag: "tag"})
	if !has(b, "a") {
		t.Fatal("the other replica heard of it without Redis: the test proves nothing")
	}
	cachetest.Until(t, "the line in the log", func() bool { return log.count("the shared cache is away") == 1 })
	s.Start()
	cachetest.Until(t, "both to be back", func() bool { return redisOfA.Up() && redisOfB.Up() })
	cachetest.Until(t, "the purge that was owed", func() bool { return !has(b, "a") })
	a.Set(a.Mark(), "c", entry("z"))
	cachetest.Until(t, "the other replica to see a new one", func() bool { return has(b, "c") })
	if away, back := log.count("the shared cache is away"), log.count("the shared cache is there again"); away != 1 || back != 1 {
		t.Errorf("%d lines of its going, %d of its coming back", away, back)
	}
}
