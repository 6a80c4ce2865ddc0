package limitredis_test

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

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit/limitredis"
)

// server is a redis-server that can be killed and started again.
type server struct {
	t    *testing.T
	path string
	port string
	cmd  *exec.Cmd
}

func startRedis(t *testing.T) *server {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not on this machine")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	s := &server{t: t, path: path, port: port}
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.cmd = exec.Command(s.path, "--port", s.port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.t.TempDir())
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// logs are lines of a log.
type logs struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *logs) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.out.String(), text)
}

type replica struct {
	*filtertest.Gateway

	logs     *logs
	registry *prometheus.Registry
	store    *limitredis.Store
}

// start is one replica of a gateway.
func start(t *testing.T, s *server, spec string) *replica {
	t.Helper()
	options, err := limitredis.Options("redis://127.0.0.1:" + s.port)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	r := &replica{logs: &logs{}, registry: prometheus.NewRegistry()}
	r.store, err = limitredis.New(limitredis.Config{
		Client: client, Log: slog.New(slog.NewTextHandler(r.logs, nil)), Timeout: time.Second, Registerer: r.registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.store.Serve(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	r.Gateway = filtertest.Start(t, 0, filtertest.Echo, limit.New(limit.Config{Shared: r.store}))
	r.Policy(t, limit.KindName, spec)
	r.await(t, 1)
	return r
}

func (r *replica) metric(t *testing.T, name string) float64 {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue() + f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// await waits until limits are shared (1) or not (0).
func (r *replica) await(t *testing.T, shared float64) {
	t.Helper()
	for began := time.Now(); r.metric(t, "terrace_gateway_limits_shared") != shared; {
		if time.Since(began) > time.Minute {
			t.Fatalf("limits are not shared as expected: %v", shared)
		}
		r.Do(t, http.MethodGet, "/", "", "User", "awaiting")
	}
}

// load sends n requests of a user from several clients at once, and counts the answers.
func load(t *testing.T, user string, n int, replicas ...*replica) map[int]int {
	t.Helper()
	var mu sync.Mutex
	statuses := map[int]int{}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range n / 8 {
				resp, _, err := replicas[i%len(replicas)].Try(t.Context(), http.MethodGet, "/", "", "User", user)
				status := 0
				if err == nil {
					status = resp.StatusCode
				}
				mu.Lock()
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return statuses
}

const hundred = `{"limits":[{"key":["header:User"],"windows":[{"limit":100,"per":"1h"},{"limit":100000,"per":"1s"}]}]}`

func TestReplicasCountTogether(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	a, b := start(t, s, hundred), start(t, s, hundred)
	got := load(t, "one", 400, a, b)
	if got[200] != 100 || got[429] != 300 {
		t.Errorf("%v, want 100 of 400 let through by two replicas", got)
	}
	if got := load(t, "two", 80, a, b); got[200] != 80 {
		t.Errorf("another key: %v", got)
	}
	resp, _ := a.Do(t, http.MethodGet, "/", "", "User", "two")
	if left := resp.Header.Get("RateLimit"); !strings.HasPrefix(left, `"default-3600s";r=19;`) {
		t.Errorf("left: %s, want 19 of what both have counted", left)
	}
}

// TestRedisVanishesUnderLoad has Redis killed under load, and started again.
func TestRedisVanishesUnderLoad(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	a, b := start(t, s, hundred), start(t, s, hundred)
	var stop atomic.Bool
	var total, failed atomic.Int64
	var wg sync.WaitGroup
	for i, r := range []*replica{a, b, a, b} {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				resp, _, err := r.Try(t.Context(), http.MethodGet, "/", "", "User", "load"+strconv.Itoa(i)+strconv.Itoa(n))
				total.Add(1)
				if err != nil || resp.StatusCode != 200 {
					failed.Add(1)
				}
			}
		})
	}
	before := load(t, "known", 80, a, b)
	s.kill()
	a.await(t, 0)
	b.await(t, 0)
	during := load(t, "known", 400, a, b)
	fresh := load(t, "fresh", 400, a, b)
	s.start()
	a.await(t, 1)
	b.await(t, 1)
	after := load(t, "later", 400, a, b)
	stop.Store(true)
	wg.Wait()
	t.Logf("%d requests of others, %d of them failed; counted with Redis %v, then without %v, a new key %v, with it again %v",
		total.Load(), failed.Load(), before, during, fresh, after)
	if before[200] != 80 || failed.Load() != 0 {
		t.Errorf("failures: %d; before: %v", failed.Load(), before)
	}
	// Each replica goes on from what it knew: together they let through at most
	// what each has left.
	if n := during[200]; n < 20 || n > 2*100-80 || during[429]+n != 400 {
		t.Errorf("without Redis: %v", during)
	}
	if fresh[200] != 200 || fresh[429] != 200 {
		t.Errorf("a new key without Redis: %v, want 100 of each replica", fresh)
	}
	if after[200] != 100 || after[429] != 300 {
		t.Errorf("with Redis again: %v, want 100 of both", after)
	}
	for _, r := range []*replica{a, b} {
		// A slow machine may lose it once more for a moment.
		gone, there := r.logs.count("by this process alone"), r.logs.count("for all replicas")
		if gone < 1 || there < 2 || gone > 3 || r.metric(t, "terrace_gateway_limits_local_total") == 0 {
			t.Errorf("told %d times that Redis is gone and %d times that it is there", gone, there)
		}
	}
}

// TestRedisForgetsTheScript has it counted on nevertheless.
func TestRedisForgetsTheScript(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	a := start(t, s, hundred)
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + s.port})
	defer func() { _ = client.Close() }()
	if err := client.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if got := load(t, "one", 8, a); got[200] != 8 {
		t.Errorf("%v", got)
	}
	a.await(t, 1)
	if got := load(t, "other", 200, a); got[200] != 100 {
		t.Errorf("%v", got)
	}
}
