package runlog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// TestTheLogOfARunThatHasEndedIsEverywhere: its file is gone, and every process reads it.
func TestTheLogOfARunThatHasEndedIsEverywhere(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		one, two := w.process("one"), w.process("two")
		id := w.ran(run.Succeeded)
		tell(t, one, id, "secret-1", "secret-2", "run.succeeded")
		w.nowhere("secret-1")
		says(t, one, id, "secret-1 secret-2 run.succeeded")
		w.later(2 * time.Second)
		must(t, one.Round(t.Context()))
		w.nowhere("secret-1")
		if files := w.files("one"); len(files) != 0 {
			t.Errorf("still here: %v", files)
		}
		says(t, one, id, "secret-1 secret-2 run.succeeded")
		says(t, two, id, "secret-1 secret-2 run.succeeded")
		says(t, w.process("one"), id, "secret-1 secret-2 run.succeeded")
	})
}

// TestWhatSeveralTellIsReadInItsOrder, as the one who approves is elsewhere.
func TestWhatSeveralTellIsReadInItsOrder(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		one, two := w.process("one"), w.process("two")
		id := w.ran(run.Applying)
		for i, l := range []*runlog.Logs{two, one, two, one, one, two} {
			tell(t, l, id, fmt.Sprint(i))
			w.later(100 * time.Millisecond)
		}
		w.later(3 * time.Second)
		must(t, one.Round(t.Context()))
		must(t, two.Round(t.Context()))
		says(t, one, id, "0 1 2 3 4 5")
		says(t, two, id, "0 1 2 3 4 5")
	})
}

// TestWhoFollowsElsewhereGetsWhatIsTold while the run is under way.
func TestWhoFollowsElsewhereGetsWhatIsTold(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		one, two := w.process("one", func(c *runlog.Config) { c.Executes = func(string) bool { return true } }), w.process("two")
		id := w.ran(run.Applying)
		tell(t, one, id, "a", "b")
		_, offset := messages(t, two, id, 0)
		w.later(3 * time.Second)
		must(t, one.Round(t.Context()))
		got, offset := messages(t, two, id, offset)
		tell(t, one, id, "c")
		w.later(10 * time.Second)
		must(t, one.Round(t.Context()))
		more, _ := messages(t, two, id, offset)
		if all := fmt.Sprint(append(got, more...)); all != "[a b c]" {
			t.Errorf("who follows got %v", all)
		}
	})
}

// TestWhoFollowsIsNotLeftBehind while parts are begun, handed on and removed.
func TestWhoFollowsIsNotLeftBehind(t *testing.T) {
	t.Parallel()
	for name, only := range map[string]bool{"alone": true, "one of several": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := alone(t)
			l := w.process("two", func(c *runlog.Config) { c.Alone = only })
			id := w.ran(run.Applying)
			var got []string
			var offset int64
			for i := range 600 {
				tell(t, l, id, fmt.Sprint(i, strings.Repeat("x", 400)))
				if i%50 == 49 {
					w.later(15 * time.Minute)
					must(t, l.Round(t.Context()))
				}
				if i < 300 && i%7 == 6 || i%170 == 169 || i == 599 { // soon, and after several parts
					var more []string
					more, offset = messages(t, l, id, offset)
					got = append(got, more...)
				}
			}
			for i, m := range got {
				if !strings.HasPrefix(m, fmt.Sprint(i)+"x") {
					t.Fatalf("line %d is %.8q", i, m)
				}
			}
			if files := w.files("two"); len(got) != 600 || len(files) != 0 {
				t.Errorf("%d lines, %v", len(got), files)
			}
		})
	}
}

// TestACrashLosesNothing, whenever it is: what was written is handed on by the next process.
func TestACrashLosesNothing(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		id := w.ran(run.Failed)
		tell(t, w.process("one"), id, "a", "b", "run.failed")
		name := filepath.Join(w.folder("one"), w.files("one")[0])
		half, err := os.ReadFile(name)
		must(t, err)
		must(t, os.WriteFile(name, half[:len(half)-3], 0o600)) // the last line is half
		blobs := &broken{w.blobs, true}
		next := w.process("one", func(c *runlog.Config) { c.Blobs = blobs })
		says(t, next, id, "a b")
		if err := next.Round(t.Context()); err == nil {
			t.Error("the blobs are away, and nobody says so")
		}
		says(t, next, id, "a b")
		kept, err := os.ReadFile(name)
		must(t, err)
		blobs.away = false
		w.later(time.Hour)
		must(t, next.Round(t.Context()))
		says(t, next, id, "a b")
		must(t, os.WriteFile(name, kept, 0o600)) // the crash was before its removal
		last := w.process("one")
		says(t, last, id, "a b")
		must(t, last.Round(t.Context()))
		says(t, last, id, "a b")
		if files := w.files("one"); len(files) != 0 {
			t.Errorf("still here: %v", files)
		}
	})
}

// TestAStoppedProcessLeavesNothing: its machine may be gone.
func TestAStoppedProcessLeavesNothing(t *testing.T) {
	t.Parallel()
	w, l := alone(t)
	id := w.ran(run.Applying)
	tell(t, l, id, "a")
	must(t, l.Close(t.Context()))
	if files := w.files("one"); len(files) != 0 {
		t.Errorf("still here: %v", files)
	}
	says(t, w.process("two"), id, "a")
}

// TestOldLogsInTheClearAreSealed, each once, also those that are asked for before their turn.
func TestOldLogsInTheClearAreSealed(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		w.process("one")
		asked, other, ended := w.ran(run.Applying), w.ran(run.Succeeded), kernel.NewID("run")
		for _, id := range []string{asked, other, ended} {
			text := `{"time":"2026-11-20T08:00:00Z","message":"plain-1"}` + "\n" + `{"time":"2026-11-20T08:00:09Z","message":"plain-2"}` + "\n" + `{"message":"ha`
			must(t, os.WriteFile(filepath.Join(w.folder("one"), id+".ndjson"), []byte(text), 0o600))
		}
		l := w.process("one")
		says(t, l, asked, "plain-1 plain-2")
		tell(t, l, asked, "new")
		says(t, l, asked, "plain-1 plain-2 new")
		w.later(time.Hour)
		must(t, l.Round(t.Context()))
		w.nowhere("plain-1")
		if files := w.files("one"); len(files) != 0 {
			t.Errorf("still here: %v", files)
		}
		says(t, w.process("two"), asked, "plain-1 plain-2 new")
		says(t, w.process("two"), other, "plain-1 plain-2")
		says(t, w.process("two"), ended, "")
	})
}

// TestOldLogsGo when nothing was told of their runs for long enough.
func TestOldLogsGo(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, w *world) {
		l := w.process("one", func(c *runlog.Config) { c.Keep = 24 * time.Hour })
		old, open, long := w.ran(run.Succeeded), w.ran(run.AwaitingApproval), w.ran(run.Succeeded)
		for _, id := range []string{old, open, long} {
			tell(t, l, id, "a")
		}
		w.later(12 * time.Hour)
		must(t, l.Round(t.Context()))
		tell(t, l, long, "b")
		w.later(13 * time.Hour)
		must(t, l.Round(t.Context()))
		must(t, w.process("two").Expire(t.Context())) // keeps them for ever
		must(t, l.Expire(t.Context()))
		says(t, l, open, "a")
		says(t, l, long, "a b")
		_, _, _, err := l.Read(t.Context(), old, 0)
		if !kernel.Is(err, kernel.NotFound) || !strings.Contains(err.Error(), "was removed at 2026-11-28T09:00:00Z") {
			t.Errorf("of what is no more: %v", err)
		}
		left := 0
		for _, err := range w.blobs.List(t.Context(), runlog.Prefix("acme")) {
			must(t, err)
			left++
		}
		if left != 3 {
			t.Errorf("%d parts are left", left)
		}
	})
}

// TestALogNeedsTheKeyOfItsTenant: with it goes what can be read of it.
func TestALogNeedsTheKeyOfItsTenant(t *testing.T) {
	t.Parallel()
	w, l := alone(t)
	id := w.ran(run.Succeeded)
	tell(t, l, id, "a", "run.succeeded")
	must(t, l.Close(t.Context()))
	other, err := seal.Open(t.Context(), seal.Config{URL: "file://" + filepath.Join(w.dir, "another")})
	must(t, err)
	l = w.process("two", func(c *runlog.Config) { c.Sealer = other })
	if lines, _, _, err := l.Read(t.Context(), id, 0); err == nil {
		t.Errorf("it reads %q", lines)
	}
}

// TestTheLogOfARunThatIsNoMoreGoes, here and among the blobs.
func TestTheLogOfARunThatIsNoMoreGoes(t *testing.T) {
	t.Parallel()
	w, l := alone(t)
	id, removed := kernel.NewID("run"), w.ran(run.Succeeded)
	tell(t, l, id, "a")
	tell(t, l, removed, "a")
	there, err := l.Remove(t.Context(), removed)
	if again, _ := l.Remove(t.Context(), removed); err != nil || !there || again {
		t.Errorf("removed %v, then %v: %v", there, again, err)
	}
	must(t, l.Close(t.Context()))
	for o, err := range w.blobs.List(t.Context(), "logs/") {
		t.Errorf("%s is there, %v", o.Key, err)
	}
	if files := w.files("one"); len(files) != 0 {
		t.Errorf("still here: %v", files)
	}
}

// TestAPartBetweenTwoReadsIsNotMissed: it was begun and handed on meanwhile.
func TestAPartBetweenTwoReadsIsNotMissed(t *testing.T) {
	t.Parallel()
	w, l := alone(t)
	id := w.ran(run.Succeeded)
	tell(t, l, id, "run.succeeded")
	_, offset := messages(t, l, id, 0)
	for _, m := range []string{"run.succeeded", "run.failed"} {
		tell(t, l, id, m)
		w.later(2 * time.Second)
		must(t, l.Round(t.Context()))
	}
	if got, _ := messages(t, l, id, offset); fmt.Sprint(got) != "[run.succeeded run.failed]" {
		t.Errorf("read on: %v", got)
	}
}
