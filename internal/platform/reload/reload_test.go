package reload_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/reload"
)

func TestWatchLoadsWhatHasChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var rows, view, loads, failures atomic.Int64
		source := reload.Source{
			What: "things", Log: slog.New(slog.DiscardHandler),
			Revision: func(context.Context) (int64, error) { return rows.Load(), nil },
			Held:     view.Load,
			Load: func(ctx context.Context) error {
				if _, bounded := ctx.Deadline(); !bounded {
					t.Error("a load without an end")
				}
				loads.Add(1)
				if failures.Add(-1) >= 0 {
					return errors.New("the database is away")
				}
				view.Store(rows.Load())
				return nil
			},
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- source.Watch(ctx) }()
		step := func(want int64, why string) {
			t.Helper()
			time.Sleep(2100 * time.Millisecond)
			synctest.Wait()
			if loads.Load() != want || (failures.Load() < 0 && view.Load() != rows.Load()) {
				t.Errorf("%s: %d loads, want %d; view at %d of %d", why, loads.Load(), want, view.Load(), rows.Load())
			}
		}
		step(0, "nothing has changed")
		rows.Store(7)
		step(1, "the rows have changed")
		step(1, "and not since")
		failures.Store(1)
		rows.Store(8)
		step(2, "a load that fails")
		step(3, "is made up for")
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("watch: %v, want a quiet end", err)
		}
	})
}

func TestNowDoesNotNeedItsCaller(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	loaded := false
	reload.Source{Load: func(ctx context.Context) error {
		loaded = ctx.Err() == nil
		return nil
	}}.Now(gone)
	if !loaded {
		t.Error("a change whose caller has gone is not loaded")
	}
}
