package rounds_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// rounded is a loop that keeps when it looked, in seconds since its begin.
type rounded struct {
	rounds.Rounds

	mu     sync.Mutex
	looked []float64
	ended  chan error
}

// begun has a loop go round until the test ends.
func begun(t *testing.T, r rounds.Rounds) *rounded {
	t.Helper()
	l := &rounded{Rounds: r, ended: make(chan error, 1)}
	began := time.Now()
	l.Bell, l.Look = rounds.NewBell(), func(context.Context) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.looked = append(l.looked, time.Since(began).Seconds())
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { l.ended <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-l.ended; err != nil {
			t.Errorf("it was told to end: %v", err)
		}
	})
	return l
}

func (l *rounded) at(t *testing.T, want ...float64) {
	t.Helper()
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.looked, want) {
		t.Errorf("looked at %v, want %v", l.looked, want)
	}
}

func TestALoopLooksWhenItIsRungForAndNowAndThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := begun(t, rounds.Rounds{Idle: 10 * time.Second})
		l.at(t, 0)
		time.Sleep(3 * time.Second)
		l.Bell.Ring()
		l.at(t, 0, 3)
		time.Sleep(7 * time.Second)
		l.at(t, 0, 3, 10)
	})
}

func TestWhatRingsInAWhileIsOneLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := begun(t, rounds.Rounds{Idle: time.Hour})
		l.at(t, 0)
		for range 3 {
			l.Bell.RingIn(2 * time.Second)
			time.Sleep(500 * time.Millisecond)
		}
		l.at(t, 0)
		time.Sleep(500 * time.Millisecond)
		l.at(t, 0, 2)
		l.Bell.RingIn(2 * time.Second)
		time.Sleep(time.Second)
		l.Bell.Ring() // does not wait for it
		l.at(t, 0, 2, 3)
		time.Sleep(time.Second)
		l.at(t, 0, 2, 3, 4)
	})
}

func TestALoopLooksWhenSomethingIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		due := time.Now().Add(4 * time.Second)
		l := begun(t, rounds.Rounds{Idle: 10 * time.Second, Next: func(context.Context) (time.Time, bool, error) { return due, true, nil }})
		time.Sleep(9 * time.Second)
		l.at(t, 0, 4) // it stays due: there is no room for it, and it is not asked again and again
		time.Sleep(time.Second)
		l.at(t, 0, 4, 10)
	})
}

func TestDutiesComeNowAndThenAndBeforeTheLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		done := []string{}
		duty := func(name string, every time.Duration) rounds.Duty {
			return rounds.Duty{Every: every, Do: func(context.Context) error { done = append(done, name); return nil }}
		}
		l := begun(t, rounds.Rounds{Idle: 5 * time.Second, Duties: []rounds.Duty{duty("first", time.Minute), duty("second", 5*time.Second)}})
		l.at(t, 0)
		time.Sleep(2 * time.Second)
		l.Bell.Ring()
		time.Sleep(3 * time.Second)
		l.at(t, 0, 2, 5)
		if want := []string{"first", "second", "second"}; !slices.Equal(done, want) {
			t.Errorf("done %v, want %v", done, want)
		}
	})
}

// TestDutiesOutliveAClockThatIsPutBack holds that a duty does not wait until the clock is
// again where it was by mistake.
func TestDutiesOutliveAClockThatIsPutBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		done := 0
		var ahead atomic.Int64
		ahead.Store(int64(365 * 24 * time.Hour))
		l := begun(t, rounds.Rounds{
			Idle: 10 * time.Second, Clock: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
			Duties: []rounds.Duty{{Every: time.Hour, Do: func(context.Context) error { done++; return nil }}},
		})
		l.at(t, 0)
		ahead.Store(0)
		time.Sleep(20 * time.Second)
		l.at(t, 0, 10, 20)
		if done != 2 {
			t.Errorf("the duty was done %d times, want at first, and once after the clock was put back", done)
		}
	})
}

func TestALoopThatFailsSaysSo(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	fails := func(context.Context) error { return broken }
	for name, r := range map[string]rounds.Rounds{
		"a duty": {Duties: []rounds.Duty{{Every: time.Hour, Do: fails}}, Look: func(context.Context) error { t.Error("it looked all the same"); return nil }},
		"a look": {Look: fails},
	} {
		r.Bell, r.Idle = rounds.NewBell(), time.Hour
		if err := r.Run(t.Context()); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTurnsAreSpreadAndStay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct{ every, spread, within time.Duration }{
		"over the interval": {6 * time.Hour, 0, 6 * time.Hour},
		"over its begin":    {6 * time.Hour, time.Hour, time.Hour},
	} {
		soon := 0
		for i := range 600 {
			name := fmt.Sprint("w", i)
			at := rounds.Turn(name, c.every, c.spread, now)
			if !at.After(now) || at.After(now.Add(c.every)) || at.Sub(now.Truncate(c.every))%c.every > c.within {
				t.Fatalf("%s has its turn at %s", name, at)
			}
			if again := rounds.Turn(name, c.every, c.spread, at); !again.Equal(at.Add(c.every)) {
				t.Fatalf("%s has its turns at %s and %s", name, at, again)
			}
			if at.Sub(now) <= c.within/2 {
				soon++
			}
		}
		if soon < 200 || soon > 400 {
			t.Errorf("%s: %d of 600 are in the first half", name, soon)
		}
	}
	if at := rounds.Turn("w", 0, time.Hour, now); !at.Equal(rounds.Never()) {
		t.Errorf("without an interval: %s", at)
	}
}

func TestAlignTellsWhatIsMissingAndWhatIsGone(t *testing.T) {
	t.Parallel()
	pages := map[string][]string{"": {"a", "b"}, "b": {"d"}}
	gone := []string{}
	missing, err := rounds.Align(t.Context(), rounds.Schedule[string]{
		Page: func(_ context.Context, after string) ([]string, error) { return pages[after], nil },
		Name: func(w string) string { return w },
	}, map[string]int{"a": 1, "c": 3, "d": 4}, func(_ context.Context, page []string, there map[string]int) error {
		for _, w := range page {
			if _, ok := there[w]; !ok {
				gone = append(gone, w)
			}
		}
		return nil
	})
	if err != nil || !maps.Equal(missing, map[string]int{"c": 3}) || !slices.Equal(gone, []string{"b"}) {
		t.Errorf("missing %v, gone %v, %v", missing, gone, err)
	}
}
