package supervise_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestAFailingLoopRunsAgainWithGrowingPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := supervise.New(quiet())
		var starts []time.Time
		g.Add("flaky", func(context.Context) error {
			starts = append(starts, time.Now())
			if len(starts) == 12 {
				return nil
			}
			if len(starts)%2 == 0 {
				panic("boom")
			}
			return errors.New("boom")
		})
		g.Start(t.Context())
		time.Sleep(10 * time.Minute)
		if err := g.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(starts) != 12 {
			t.Fatalf("%d starts", len(starts))
		}
		full := 200 * time.Millisecond
		for i := 1; i < len(starts); i++ {
			if got := starts[i].Sub(starts[i-1]); got < full/2 || got > full {
				t.Errorf("pause %d is %s, want %s to %s", i, got, full/2, full)
			}
			full = min(2*full, 30*time.Second)
		}
	})
}

func TestALoopThatWasHealthyStartsFromTheFirstPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := supervise.New(quiet())
		var pauses []time.Duration
		ended := time.Time{}
		g.Add("long", func(ctx context.Context) error {
			if !ended.IsZero() {
				pauses = append(pauses, time.Since(ended))
			}
			select {
			case <-time.After(2 * time.Minute):
			case <-ctx.Done():
			}
			ended = time.Now()
			return errors.New("boom")
		})
		g.Start(t.Context())
		time.Sleep(11 * time.Minute)
		if err := g.Stop(t.Context()); err != nil || len(pauses) < 4 {
			t.Fatal(err, pauses)
		}
		for _, p := range pauses {
			if p > 200*time.Millisecond {
				t.Errorf("pause %s", p)
			}
		}
	})
}

func TestStopWaitsForLoopsAndAddWorksLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := supervise.New(quiet())
		var ended atomic.Int32
		loop := func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(3 * time.Second)
			ended.Add(1)
			return ctx.Err()
		}
		g.Add("early", loop)
		ctx, cancel := context.WithCancel(t.Context())
		g.Start(ctx)
		g.Start(ctx)
		cancel() // the group lives on
		g.Add("late", loop)
		synctest.Wait()
		short, done := context.WithTimeout(t.Context(), time.Second)
		defer done()
		if err := g.Stop(short); !errors.Is(err, context.DeadlineExceeded) || ended.Load() != 0 {
			t.Errorf("stop returned %v with %d loops ended", err, ended.Load())
		}
		if err := g.Stop(t.Context()); err != nil || ended.Load() != 2 {
			t.Errorf("stop returned %v with %d loops ended", err, ended.Load())
		}
		g.Add("too late", func(context.Context) error { t.Error("ran after Stop"); return nil })
		g.Start(t.Context())
	})
}

func TestEveryCallsAtOnceAndAtIntervals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		g := supervise.New(slog.New(slog.NewTextHandler(&log, nil)))
		calls := 0
		g.Every("sweep", time.Minute, func(context.Context) error {
			if calls++; calls == 2 {
				return errors.New("boom")
			}
			return nil
		})
		g.Start(t.Context())
		time.Sleep(150 * time.Second)
		if err := g.Stop(t.Context()); err != nil || calls != 3 {
			t.Errorf("%v, %d calls", err, calls)
		}
		if strings.Count(log.String(), "loop=sweep") != 1 {
			t.Errorf("log %s", log.String())
		}
	})
}
