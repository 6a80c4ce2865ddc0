package cache_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// table is what reads are made of, as a database that replicas share.
type table struct {
	mu     sync.Mutex
	rows   map[string]string
	loads  atomic.Int64
	broken error
}

func (t *table) put(tenant, value string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[string]string{}
	}
	t.rows[tenant] = value
}

func (t *table) of(tenant string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		t.loads.Add(1)
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.rows[tenant], t.broken
	}
}

type apart struct{}

// process is one with reads of a kind, which end with the event thing.changed.
type process struct {
	room  *cache.Room
	reads *cache.Reads[string]
	from  *table
}

func newProcess(from *table, c cache.RoomConfig) process {
	c.Apart = func(ctx context.Context) bool { return ctx.Value(apart{}) != nil }
	room := cache.NewRoom(c)
	room.Follow(true)
	return process{room: room, from: from, reads: cache.NewReads(room, cache.ReadsConfig[string]{
		Name: "things", Memory: 1 << 20, Size: func(v string) int { return len(v) }, Ends: []string{"thing.changed"},
	})}
}

func (p process) read(t *testing.T, tenant string) string {
	t.Helper()
	v, err := p.reads.Load(t.Context(), tenant, "all", p.from.of(tenant))
	if err != nil {
		t.Error(err)
	}
	return v
}

func TestReadsAreKeptUntilTheirEvent(t *testing.T) {
	t.Parallel()
	rows := &table{}
	p := newProcess(rows, cache.RoomConfig{})
	rows.put("acme", "old")
	rows.put("rival", "theirs")
	for range 3 {
		if got := p.read(t, "acme") + p.read(t, "rival"); got != "oldtheirs" {
			t.Fatalf("read %q", got)
		}
	}
	if n := rows.loads.Load(); n != 2 {
		t.Errorf("%d loads of two values", n)
	}
	rows.put("acme", "new")
	p.room.Changed("thing.else", "acme")
	p.room.Changed("thing.changed", "rival")
	if got := p.read(t, "acme"); got != "old" {
		t.Errorf("%q: an event of another type or tenant ends it, and the test proves nothing", got)
	}
	p.room.Changed("thing.changed", "acme")
	if got := p.read(t, "acme"); got != "new" {
		t.Errorf("%q after the event", got)
	}
	rows.put("acme", "newer")
	p.room.Heard("thing.changed", "")
	if got := p.read(t, "acme"); got != "newer" {
		t.Errorf("%q after the event of the platform", got)
	}
}

func TestAHundredReadsAtOnceAreOneLoad(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	m, err := cache.NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, followed := range []bool{true, false} {
		rows := &table{}
		p := newProcess(rows, cache.RoomConfig{Metrics: m})
		p.room.Follow(followed)
		var begun atomic.Int64
		var wg sync.WaitGroup
		gate := make(chan struct{})
		for range 100 {
			wg.Go(func() {
				begun.Add(1)
				v, err := p.reads.Load(t.Context(), "acme", "all", func(context.Context) (string, error) {
					rows.loads.Add(1)
					<-gate
					return "x", nil
				})
				if v != "x" || err != nil {
					t.Errorf("%q, %v", v, err)
				}
			})
		}
		cachetest.Until(t, "the load", func() bool { return rows.loads.Load() == 1 && begun.Load() == 100 })
		close(gate)
		wg.Wait()
		if n := rows.loads.Load(); followed && n != 1 {
			t.Errorf("%d loads", n)
		}
	}
	for _, name := range []string{"terrace_cache_loads_total", "terrace_cache_lookups_total"} {
		if n, err := testutil.GatherAndCount(registry, name); n == 0 || err != nil {
			t.Errorf("%s: %d series, %v", name, n, err)
		}
	}
}

// TestALoadThatRacesWithAChange reads before the change and ends after it: who waited
// for it may have the old value, who asks after the change does not, and it is not kept.
func TestALoadThatRacesWithAChange(t *testing.T) {
	t.Parallel()
	rows := &table{}
	p := newProcess(rows, cache.RoomConfig{})
	rows.put("acme", "old")
	began, gate, ended := make(chan struct{}), make(chan struct{}), make(chan string)
	go func() {
		v, _ := p.reads.Load(context.Background(), "acme", "all", func(ctx context.Context) (string, error) {
			v, err := rows.of("acme")(ctx)
			close(began)
			<-gate
			return v, err
		})
		ended <- v
	}()
	<-began
	rows.put("acme", "new")
	p.room.Changed("thing.changed", "acme")
	if got := p.read(t, "acme"); got != "new" {
		t.Errorf("who asks after the change gets %q of the load before it", got)
	}
	p.room.Changed("thing.changed", "acme")
	close(gate)
	if got := <-ended; got != "old" {
		t.Errorf("the load before the change has %q: the test proves nothing", got)
	}
	if got := p.read(t, "acme"); got != "new" {
		t.Errorf("%q is kept of the load before the change", got)
	}
}

// TestReadsAndChangesAtOnce has each change seen by who caused it, whatever is read
// meanwhile.
func TestReadsAndChangesAtOnce(t *testing.T) {
	t.Parallel()
	rows := &table{}
	p := newProcess(rows, cache.RoomConfig{})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = p.reads.Load(context.Background(), "acme", "all", rows.of("acme"))
				}
			}
		})
	}
	for i := range 2000 {
		want := fmt.Sprint(i)
		rows.put("acme", want)
		p.room.Changed("thing.changed", "acme")
		if got := p.read(t, "acme"); got != want {
			t.Fatalf("%q after the change to %q", got, want)
		}
	}
	close(stop)
	wg.Wait()
}

func TestWhatIsNotKept(t *testing.T) {
	t.Parallel()
	rows := &table{}
	var now atomic.Int64
	p := newProcess(rows, cache.RoomConfig{Clock: kernel.Clock(func() time.Time { return time.Unix(now.Load(), 0) })})
	rows.broken = errors.New("the database is away")
	if _, err := p.reads.Load(t.Context(), "acme", "all", rows.of("acme")); err == nil {
		t.Error("no error")
	}
	rows.broken = nil
	rows.put("acme", "one")
	if got := p.read(t, "acme"); got != "one" {
		t.Errorf("%q after an error", got)
	}
	if _, err := p.reads.Load(t.Context(), "acme", "panics", func(context.Context) (string, error) { panic("oh") }); err == nil || !strings.Contains(err.Error(), "oh") {
		t.Errorf("a load that panics: %v", err)
	}
	rows.put("acme", "two")
	now.Store(3600)
	if got := p.read(t, "acme"); got != "two" {
		t.Errorf("%q after an hour without an event", got)
	}
	rows.put("acme", "three")
	v, err := p.reads.Load(context.WithValue(t.Context(), apart{}, true), "acme", "all", rows.of("acme"))
	if v != "three" || err != nil || p.read(t, "acme") != "two" {
		t.Errorf("a transaction reads %q, %v, or others read what it does", v, err)
	}
	p.room.Follow(false)
	if got := p.read(t, "acme"); got != "three" {
		t.Errorf("%q while no events are heard", got)
	}
	rows.put("acme", "four")
	if got := p.read(t, "acme"); got != "four" {
		t.Errorf("%q was kept while no events were heard", got)
	}
	p.room.Follow(true)
	if got := p.read(t, "acme"); got != "four" {
		t.Errorf("%q is left from before", got)
	}
}

// TestReplicasHearByRedis has no log of events between them, and loses Redis.
func TestReplicasHearByRedis(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	rows := &table{}
	rows.put("acme", "old")
	redis := s.Serve(t, cache.RedisConfig{Log: quiet()})
	a := newProcess(rows, cache.RoomConfig{Shared: redis})
	b := newProcess(rows, cache.RoomConfig{Shared: s.Serve(t, cache.RedisConfig{Log: quiet()})})
	if a.read(t, "acme") != "old" || b.read(t, "acme") != "old" {
		t.Fatal("not the row")
	}
	rows.put("acme", "new")
	a.room.Changed("thing.changed", "acme")
	if got := a.read(t, "acme"); got != "new" {
		t.Errorf("who changed it reads %q", got)
	}
	cachetest.Until(t, "the other replica to hear of it", func() bool { return b.read(t, "acme") == "new" })
	s.Stop()
	cachetest.Until(t, "Redis to be gone", func() bool { return !redis.Up() })
	rows.put("acme", "newer")
	a.room.Changed("thing.changed", "acme")
	if got := a.read(t, "acme"); got != "newer" {
		t.Errorf("without Redis who changed it reads %q", got)
	}
	b.room.Heard("thing.changed", "acme")
	if got := b.read(t, "acme"); got != "newer" {
		t.Errorf("without Redis the other reads %q after the event", got)
	}
}

// TestFixedReadsAreShared has the second replica load nothing, and a rival of the same
// key nothing of it.
func TestFixedReadsAreShared(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	by := sealer(t)
	open := func() *cache.Reads[string] {
		room := cache.NewRoom(cache.RoomConfig{Shared: s.Serve(t, cache.RedisConfig{Log: quiet(), Sealer: by})})
		return cache.NewReads(room, cache.ReadsConfig[string]{Name: "fixed", Memory: 1 << 20, Fixed: true, Shared: texts{}})
	}
	a, b := open(), open()
	load := func(r *cache.Reads[string], tenant, value string) (v string, loaded bool) {
		v, err := r.Load(t.Context(), tenant, "digest", func(context.Context) (string, error) {
			loaded = true
			return value, nil
		})
		if err != nil {
			t.Error(err)
		}
		return v, loaded
	}
	load(a, "acme", "a page")
	cachetest.Until(t, "the other replica to have it", func() bool {
		v, loaded := load(open(), "acme", "a page")
		return v == "a page" && !loaded
	})
	if v, loaded := load(b, "rival", "their page"); v != "their page" || !loaded {
		t.Errorf("%q is read of another tenant", v)
	}
}

// TestOneRoomOneBound has two caches want more than there is.
func TestOneRoomOneBound(t *testing.T) {
	t.Parallel()
	room := cache.NewRoom(cache.RoomConfig{Memory: 1 << 20})
	answers := cache.New(room, cache.Config[string]{Name: "answers", Memory: 3 << 20, Codec: texts{}})
	reads := cache.New(room, cache.Config[string]{Name: "reads", Memory: 1 << 20, Codec: texts{}})
	fill := func() (a, r uint64) {
		for i := range 1000 {
			answers.Set(answers.Mark(), fmt.Sprint(i), entry(strings.Repeat("x", 10<<10)))
			reads.Set(reads.Mark(), fmt.Sprint(i), entry(strings.Repeat("x", 10<<10)))
		}
		return answers.Held(), reads.Held()
	}
	if a, r := fill(); a+r > 1<<20 || a < 2*r || r == 0 {
		t.Errorf("%d and %d bytes are held of 1 MiB", a, r)
	}
	answers.Resize(1 << 20)
	if a, r := fill(); a+r > 1<<20 || a > r+r/2 {
		t.Errorf("%d and %d bytes are held of 1 MiB once both want the same", a, r)
	}
}
