package leaklog_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaklog"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// looked is what was given to be looked through.
type looked struct {
	mu  sync.Mutex
	all []string
	// fails is how often a look fails first, tried how often there was one.
	fails, tried int
	// unseen are the reasons why something was not looked through.
	unseen []string
}

func (l *looked) Inspect(_ context.Context, scope kernel.Scope, at leak.Place, text string) (leak.Report, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tried++; l.fails > 0 {
		l.fails--
		return leak.Report{}, errors.New("the database is away")
	}
	l.all = append(l.all, fmt.Sprintf("%s %s%s:%d:%d:%s", scope.Tenant, at.Run, at.Path, at.Line, len(text), text[:min(len(text), 40)]))
	return leak.Report{}, nil
}

func (l *looked) Unseen(_ context.Context, _ kernel.Scope, at leak.Place, why string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.unseen = append(l.unseen, at.Run+at.Path+" "+why)
	return nil
}

func (l *looked) seen() (all, unseen []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string{}, l.all...), append([]string{}, l.unseen...)
}

// chunks are the logs of runs, a chunk after the other.
type chunks map[string][]string

func (c chunks) Read(_ context.Context, run string, offset int64) ([]byte, int64, <-chan struct{}, error) {
	all := c[run]
	if int(offset) >= len(all) {
		return nil, offset, nil, nil
	}
	return []byte(all[offset]), offset + 1, nil, nil
}

// asking counts how often the log of a run is read.
type asking struct {
	chunks

	of    string
	times atomic.Int64
}

func (a *asking) Read(ctx context.Context, run string, offset int64) ([]byte, int64, <-chan struct{}, error) {
	if run == a.of {
		a.times.Add(1)
	}
	return a.chunks.Read(ctx, run, offset)
}

// node is a process on the database d that has some logs.
func node(d *db.DB, name string, clock kernel.Clock, runs leaklog.Runs, l *looked) *leaklog.Watcher {
	return leaklog.New(leaklog.Config{Store: leaksql.NewLogs(d), Runs: runs, Leaks: l, Node: name, Clock: clock, Log: slog.New(slog.DiscardHandler)})
}

// watch runs processes until enough says so, or for a while of their time.
func watch(t *testing.T, all ...*leaklog.Watcher) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	for _, w := range all {
		work.Go(func() {
			if err := w.Watch(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	return func() { cancel(); work.Wait() }
}

func of(tenant, run string) leaklog.Log {
	return leaklog.Log{Scope: kernel.Scope{Tenant: tenant, Project: "shop", Stage: "dev"}, Workload: "orders", Run: run}
}

// eventually waits for what looks bring about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come: %s", what)
		}
	}
}

// ahead is a clock that can be put ahead.
type ahead struct {
	mu sync.Mutex
	by time.Duration
}

func (a *ahead) now() time.Time { a.mu.Lock(); defer a.mu.Unlock(); return time.Now().Add(a.by) }

func (a *ahead) put(by time.Duration) { a.mu.Lock(); defer a.mu.Unlock(); a.by += by }

// TestTheLogOfARunIsLookedThroughOnceByWhoHasIt: of two processes on a database, over a
// restart of one, with a disk that has lost all.
func TestTheLogOfARunIsLookedThroughOnceByWhoHasIt(t *testing.T) {
	t.Parallel()
	large := `{"message":"` + strings.Repeat("x", 3<<20) + `"}` + "\n"
	here := chunks{
		"run_1": {`{"level":"info","message":"one\ntwo"}` + "\n" + `{"message":"three"}` + "\n", `{"message":"four"}` + "\n{\"mess"},
		"run_2": {large, large, large, large, large},
	}
	there := chunks{"run_4": {`{"message":"what the other one had"}` + "\n"}}
	dbtest.Each(t, []db.Migrations{leaksql.Migrations()}, func(t *testing.T, d *db.DB) {
		l, clock := &looked{}, &ahead{}
		a := node(d, "a", clock.now, here, l)
		for _, run := range []string{"run_1", "run_2", "run_3"} {
			if err := a.Ended(t.Context(), of("acme", run)); err != nil {
				t.Fatal(err)
			}
		}
		gone := node(d, "gone", clock.now, there, l)
		if err := gone.Ended(t.Context(), of("acme", "run_4")); err != nil {
			t.Fatal(err)
		}
		clock.put(4 * time.Second)
		stop := watch(t, a, node(d, "b", clock.now, here, l))
		eventually(t, "both logs of a are looked through", func() bool {
			_, waits, err := leaksql.NewLogs(d).Next(t.Context(), clock.now().Add(time.Hour), clock.now().Add(-time.Hour), "a", nil, []string{"run_3"})
			return err == nil && !waits
		})
		stop()
		clock.put(15 * time.Minute)
		asked := &asking{chunks: here, of: "run_4"}
		stop = watch(t, node(d, "a", clock.now, asked, l))
		eventually(t, "who has no log leaves it to others", func() bool {
			_, waits, err := leaksql.NewLogs(d).Next(t.Context(), clock.now(), clock.now(), "gone", nil, []string{"run_3"})
			return asked.times.Load() > 0 && err == nil && waits
		})
		stop()
		stop = watch(t, node(d, "b", clock.now, there, l))
		eventually(t, "so is the one of a process that is gone", func() bool {
			_, waits, err := leaksql.NewLogs(d).Next(t.Context(), clock.now().Add(time.Hour), clock.now(), "gone", nil, []string{"run_3"})
			return err == nil && !waits
		})
		stop()
		clock.put(25 * time.Hour)
		stop = watch(t, node(d, "a", clock.now, here, l))
		eventually(t, "what nobody has is told and not looked for any more", func() bool {
			_, waits, err := leaksql.NewLogs(d).Next(t.Context(), clock.now().Add(time.Hour), clock.now(), "a", nil, nil)
			return err == nil && !waits
		})
		stop()
		all, unseen := l.seen()
		want := []string{
			"acme run_1:1:19:one\ntwo\nthree\nfour\n",
			fmt.Sprintf("acme run_2:1:%d:%s", 3*(3<<20+1), strings.Repeat("x", 40)), // no more at once than is bounded
			fmt.Sprintf("acme run_2:4:%d:%s", 2*(3<<20+1), strings.Repeat("x", 40)),
			"acme run_4:1:23:what the other one had\n",
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"run_3 no process had it for a day"}, unseen); diff != "" {
			t.Error(diff)
		}
	})
}

// TestALookThatFailsIsTriedAgainAndItsEndIsTold: a database or a disk that is away for a
// while loses no log.
func TestALookThatFailsIsTriedAgainAndItsEndIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fails             int
		looks, unseenSaid int
	}{"for a while": {3, 1, 0}, "for good": {1000, 0, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.SQLite(t, leaksql.Migrations())
			l, clock := &looked{fails: c.fails}, &ahead{}
			w := node(d, "a", clock.now, chunks{"run_1": {`{"message":"one"}` + "\n"}}, l)
			if err := w.Ended(t.Context(), of("acme", "run_1")); err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				clock.put(time.Hour)
				stop := watch(t, w)
				eventually(t, "it is tried", func() bool { l.mu.Lock(); defer l.mu.Unlock(); return l.tried > i })
				eventually(t, "its end is written", func() bool {
					_, due, err := leaksql.NewLogs(d).Next(t.Context(), clock.now(), clock.now(), "a", nil, nil)
					return err == nil && !due
				})
				stop()
				if i == c.fails {
					break
				}
			}
			if all, unseen := l.seen(); len(all) != c.looks || len(unseen) != c.unseenSaid {
				t.Errorf("%v, and %v", all, unseen)
			}
			if _, unseen := l.seen(); c.unseenSaid > 0 && unseen[0] != "run_1 that failed 10 times" {
				t.Errorf("%v", unseen)
			}
		})
	}
}

// TestALongLogIsLookedThroughWhole: in stretches that overlap, up to a bound that is told; a zero
// byte makes it no less of a text.
func TestALongLogIsLookedThroughWhole(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, leaksql.Migrations())
	line := `{"message":"` + strings.Repeat("x", 1000) + `"}` + "\n"
	many := strings.Repeat(line, 9000) // 9 MB
	l, clock := &looked{}, &ahead{}
	runs := chunks{"run_1": {`{"message":"one\u0000"}` + "\n", many, line}, "run_2": {many, many, many, many, many, many, many, many, many}}
	w := node(d, "a", clock.now, runs, l)
	for _, run := range []string{"run_1", "run_2"} {
		if err := w.Ended(t.Context(), of("acme", run)); err != nil {
			t.Fatal(err)
		}
	}
	clock.put(time.Minute)
	defer watch(t, w)()
	eventually(t, "they are looked through", func() bool {
		_, waits, err := leaksql.NewLogs(d).Next(t.Context(), clock.now().Add(time.Hour), clock.now(), "a", nil, nil)
		return err == nil && !waits
	})
	all, unseen := l.seen()
	if len(unseen) != 1 || unseen[0] != "run_2 only its first 64 MB were looked at" || len(all) != 2+8 {
		t.Fatalf("%d looks, %q", len(all), unseen)
	}
	want := []string{
		fmt.Sprintf("acme run_1:1:%d:one \n%s", 5+9000*1001, strings.Repeat("x", 35)),
		fmt.Sprintf("acme run_1:8937:%d:%s", 66*1001, strings.Repeat("x", 40)), // 65 lines of before, and one more
	}
	if diff := cmp.Diff(want, all[:2]); diff != "" {
		t.Error(diff)
	}
}

// removed are logs of which nothing is kept any more.
type removed struct{}

func (removed) Read(_ context.Context, run string, _ int64) ([]byte, int64, <-chan struct{}, error) {
	return nil, 0, nil, kernel.Errorf(kernel.NotFound, "the log of %s was removed", run)
}

// TestALogThatIsGoneIsToldAtOnce: no other try would find it.
func TestALogThatIsGoneIsToldAtOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, leaksql.Migrations())
	l, clock := &looked{}, &ahead{}
	w := node(d, "a", clock.now, removed{}, l)
	if err := w.Ended(t.Context(), of("acme", "run_1")); err != nil {
		t.Fatal(err)
	}
	clock.put(time.Minute)
	defer watch(t, w)()
	eventually(t, "it is told", func() bool {
		_, unseen := l.seen()
		return len(unseen) == 1 && unseen[0] == "run_1 it is gone: the log of run_1 was removed"
	})
	eventually(t, "it is not looked for any more", func() bool {
		_, waits, err := leaksql.NewLogs(d).Next(t.Context(), clock.now().Add(time.Hour), clock.now(), "a", nil, nil)
		return err == nil && !waits
	})
}

func TestServicesAreLookedThroughInPieces(t *testing.T) {
	t.Parallel()
	l := &looked{}
	s := &leaklog.Services{Leaks: l, Log: slog.New(slog.DiscardHandler)}
	at := leaklog.Log{Scope: kernel.Scope{Tenant: "acme"}, Service: "orders", Container: "main"}
	rounds := [][]string{}
	round := func() {
		l.all = nil
		if err := s.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		rounds = append(rounds, l.all)
	}
	s.Say(at, "one")
	s.Say(at, "two")
	round()
	s.Say(at, "three")
	round()
	round()
	for range 10 {
		s.Say(at, strings.Repeat("y", 100<<10))
	}
	s.Say(at, "what comes behind them has another line")
	round()
	s.Say(at, "after them")
	round()
	const of = "acme service orders, container main:"
	want := [][]string{
		{of + "1:8:one\ntwo\n"},
		{of + "3:6:three\n"},
		nil,
		{fmt.Sprintf(of+"1:%d:%s", 2*(100<<10+1), strings.Repeat("y", 40))}, // what is too much is passed over
		{of + "12:11:after them\n"},
	}
	if diff := cmp.Diff(want, rounds); diff != "" {
		t.Error(diff)
	}
}

// TestATenantThatSaysMuchLeavesRoomForOthers: it has its share, and no more where others need
// theirs.
func TestATenantThatSaysMuchLeavesRoomForOthers(t *testing.T) {
	t.Parallel()
	l := &looked{}
	s := &leaklog.Services{Leaks: l, Log: slog.New(slog.DiscardHandler)}
	for i := range 100 {
		for range 25 {
			s.Service(kernel.Scope{Tenant: "loud", Project: "p"}, fmt.Sprint("service", i), "main", strings.Repeat("z", 10<<10))
		}
	}
	for i := range 4 {
		for range 25 {
			s.Service(kernel.Scope{Tenant: "quiet", Project: "p"}, fmt.Sprint("service", i), "main", strings.Repeat("q", 10<<10))
		}
	}
	if err := s.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, _ := l.seen()
	sizes := map[string]int{}
	for _, one := range all {
		tenant, rest, _ := strings.Cut(one, " ")
		var n int
		parts := strings.Split(rest, ":")
		if _, err := fmt.Sscan(parts[2], &n); err != nil {
			t.Fatal(err)
		}
		sizes[tenant] += n
	}
	if sizes["quiet"] != 4*25*(10<<10+1) || sizes["loud"] < 2<<20 || sizes["loud"]+sizes["quiet"] > 4<<20 {
		t.Errorf("%v", sizes)
	}
}

// TestWhatAServiceSaysIsTriedAgain for some rounds, and its end is told.
func TestWhatAServiceSaysIsTriedAgain(t *testing.T) {
	t.Parallel()
	l := &looked{fails: 1}
	s := &leaklog.Services{Leaks: l, Log: slog.New(slog.DiscardHandler)}
	say := func(line string) { s.Service(kernel.Scope{Tenant: "acme"}, "orders", "main", line) }
	say("one")
	if err := s.Round(t.Context()); err == nil {
		t.Error("nobody is told of an error")
	}
	say("two")
	if err := s.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	const of = "acme service orders, container main:"
	if diff := cmp.Diff([]string{of + "1:4:one\n", of + "2:4:two\n"}, l.all); diff != "" {
		t.Error(diff)
	}
	l.fails = 3
	say("three")
	for range 4 {
		_ = s.Round(t.Context()) // it fails, as it should
	}
	if diff := cmp.Diff([]string{"service orders, container main that failed 3 times"}, l.unseen); diff != "" {
		t.Error(diff)
	}
}

// TestALogIsTakenOnce: of two that saw it due, one has it.
func TestALogIsTakenOnce(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, leaksql.Migrations())
	store := leaksql.NewLogs(d)
	now := time.Now()
	if err := store.Add(t.Context(), leaklog.Ended{Log: of("acme", "run_1"), Node: "a", At: now, Due: now}); err != nil {
		t.Fatal(err)
	}
	seen, _, err := store.Next(t.Context(), now.Add(time.Second), now, "a", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.Next(t.Context(), now.Add(time.Second), now, "a", []string{"acme"}, nil); err != nil {
		t.Fatal(err)
	}
	_, first, err := store.Take(t.Context(), seen, now.Add(time.Minute), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, second, err := store.Take(t.Context(), seen, now.Add(time.Minute), 1); err != nil || !first || second {
		t.Errorf("the first has it: %v, the second: %v, %v", first, second, err)
	}
}
