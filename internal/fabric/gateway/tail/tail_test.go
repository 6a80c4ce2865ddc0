package tail_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail/tailsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// bench is two replicas on one database.
type bench struct {
	one, two *tail.Service
	store    *tailsql.Store
	mu       sync.Mutex
	now      time.Time
	sees     kernel.Reach
	refused  bool
}

func (b *bench) Authorize(context.Context, string, kernel.Scope) error {
	if b.refused {
		return kernel.Errorf(kernel.Denied, "no")
	}
	return nil
}

func (b *bench) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return b.sees, nil
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{tailsql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := &bench{store: tailsql.NewStore(d), now: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), sees: kernel.Reach{All: true}}
		for node, s := range map[string]**tail.Service{"one": &b.one, "two": &b.two} {
			*s = &tail.Service{Hub: &tail.Hub{}, Store: b.store, Authorizer: b, Clock: b.clock, Log: slog.New(slog.DiscardHandler), Node: node}
		}
		test(t, b)
	})
}

func line(path string) *accesslog.Line {
	return &accesslog.Line{
		Tenant: "acme", Project: "shop", Stage: "dev", Route: "orders", Consumer: "ci", Method: "GET", Path: path, Status: 503, Duration: 12,
	}
}

// seen is what somebody who watches was told.
type seen struct {
	mu    sync.Mutex
	paths []string
	left  int64
	begun chan struct{}
}

func (s *seen) tell(told tail.Told) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case told.Line != nil:
		s.paths = append(s.paths, told.Line.Path)
	case told.Left > 0:
		s.left += told.Left
	default:
		select {
		case s.begun <- struct{}{}:
		default:
		}
	}
	return nil
}

func (s *seen) is(paths ...string) func() bool {
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		got := slices.Clone(s.paths)
		slices.Sort(got)
		return slices.Equal(got, paths)
	}
}

// watch has somebody watch until the test ends or stop is called.
func watch(t *testing.T, s *tail.Service, f tail.Filter) (told *seen, stop func()) {
	t.Helper()
	f.Tenant = "acme"
	stream, err := s.Watch(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	told = &seen{begun: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- stream.Run(ctx, told.tell) }()
	<-told.begun
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("watch: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return told, stop
}

// TestLinesComeFromAllReplicas has one who watches at a replica see what another answers.
func TestLinesComeFromAllReplicas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		if b.one.Hub.Watched("acme") {
			t.Error("somebody watches")
		}
		told, stop := watch(t, b.one, tail.Filter{})
		server := &tail.Server{Service: b.two}
		turn := func() {
			if err := server.Turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		turn()
		if !b.one.Hub.Watched("acme") || !b.two.Hub.Watched("acme") || b.two.Hub.Watched("rival") {
			t.Error("the replicas do not know who watches")
		}
		b.one.Hub.Show(line("/here"))
		b.two.Hub.Show(line("/there"))
		foreign := line("/foreign")
		foreign.Tenant = "rival"
		b.two.Hub.Show(foreign)
		turn()
		filtertest.Until(t, "both lines", told.is("/here", "/there"))
		stop()
		turn()
		if b.one.Hub.Watched("acme") || b.two.Hub.Watched("acme") {
			t.Error("somebody watches still")
		}
	})
}

// TestWhoIsGoneIsForgotten has a watcher whose process died be served no more.
func TestWhoIsGoneIsForgotten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		gone := tail.Watch{ID: "tail_1", Node: "one", Filter: tail.Filter{Tenant: "acme"}, Expires: b.now.Add(time.Second)}
		if err := b.store.Want(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		server := &tail.Server{Service: b.two}
		if err := server.Turn(t.Context()); err != nil || !b.two.Hub.Watched("acme") {
			t.Fatalf("%v", err)
		}
		b.two.Hub.Show(line("/a"))
		if err := server.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.mu.Lock()
		b.now = b.now.Add(time.Minute)
		b.mu.Unlock()
		if err := server.Turn(t.Context()); err != nil || b.two.Hub.Watched("acme") {
			t.Fatalf("it is served still: %v", err)
		}
		if err := server.Tidy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if parts, err := b.store.Take(t.Context(), "tail_1"); err != nil || len(parts) != 0 {
			t.Errorf("%v, %v", parts, err)
		}
	})
}

// TestASlowReaderIsToldWhatIsMissing has as many lines wait as there is room for, at
// each replica, and the rest be counted.
func TestASlowReaderIsToldWhatIsMissing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		told, _ := watch(t, b.one, tail.Filter{})
		server := &tail.Server{Service: b.two}
		if err := server.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i := range 500 {
					b.two.Hub.Show(line(fmt.Sprintf("/%d", i)))
				}
			})
		}
		wg.Wait()
		if err := server.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		filtertest.Until(t, "all to be told of", func() bool {
			told.mu.Lock()
			defer told.mu.Unlock()
			return len(told.paths) == 1000 && told.left == 1000
		})
	})
}

func TestOnlyWhatOneMaySee(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.sees = kernel.Reach{Stages: []kernel.Scope{{Project: "shop", Stage: "prod"}}}
		told, _ := watch(t, b.one, tail.Filter{})
		b.one.Hub.Show(line("/dev"))
		prod := line("/prod")
		prod.Stage = "prod"
		b.one.Hub.Show(prod)
		filtertest.Until(t, "the line", told.is("/prod"))
		b.refused = true
		if _, err := b.one.Watch(t.Context(), tail.Filter{Tenant: "acme"}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("%v", err)
		}
	})
}

func TestFewWatchATenant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for range tail.MaxWatchers {
			watch(t, b.one, tail.Filter{})
		}
		if _, err := b.one.Watch(t.Context(), tail.Filter{Tenant: "acme"}); !kernel.Is(err, kernel.Unavailable) {
			t.Errorf("%v", err)
		}
		if _, err := b.one.Watch(t.Context(), tail.Filter{Tenant: "rival"}); err != nil {
			t.Errorf("another tenant: %v", err)
		}
	})
}

func TestFilters(t *testing.T) {
	t.Parallel()
	all := map[string]tail.Filter{
		"project yes": {Project: "shop"}, "project no": {Project: "sho"}, "stage yes": {Stage: "dev"}, "stage no": {Stage: "prod"},
		"route yes": {Route: "orders"}, "route no": {Route: "other"}, "consumer yes": {Consumer: "ci"}, "consumer no": {Consumer: "ada"},
		"method yes": {Method: "get"}, "method no": {Method: "POST"}, "status yes": {Status: "503"}, "status no": {Status: "500"},
		"class yes": {Status: "5xx"}, "class in upper case yes": {Status: "5XX"}, "class no": {Status: "4xx"},
		"slow yes": {SlowerThan: 12 * time.Millisecond}, "slow no": {SlowerThan: 13 * time.Millisecond},
		"path yes": {Path: "/orders/1/lines"}, "path with a slash yes": {Path: "/orders/1/lines/"}, "path no": {Path: "/orders"}, "star yes": {Path: "/orders/*"}, "star no": {Path: "/order/*"},
		"star within yes": {Path: "/orders/*/lines"}, "star within no": {Path: "/orders/*/line"}, "star first yes": {Path: "*/lines"}, "stars yes": {Path: "*/1/*"}, "stars no": {Path: "*/2/*"},
	}
	each(t, func(t *testing.T, b *bench) {
		told, _ := watch(t, b.one, tail.Filter{}) // what was shown before is there once this is
		for name, f := range all {
			b := &tail.Service{Hub: &tail.Hub{}, Store: b.store, Authorizer: b, Clock: b.clock, Log: b.one.Log, Node: "three"}
			one, stop := watch(t, b, f)
			b.Hub.Show(line("/orders/1/lines"))
			if strings.HasSuffix(name, "yes") {
				filtertest.Until(t, name, one.is("/orders/1/lines"))
			}
			stop()
			if strings.HasSuffix(name, "no") && !one.is()() {
				t.Errorf("%s: %v", name, one.paths)
			}
		}
		if !told.is()() {
			t.Error("another's lines are seen")
		}
		for _, bad := range []tail.Filter{{Status: "6xx"}, {Status: "99"}, {Status: "xx"}, {Status: "abc"}, {SlowerThan: -1}, {Path: strings.Repeat("*", 9)}} {
			bad.Tenant = "acme"
			if _, err := b.one.Watch(t.Context(), bad); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}
