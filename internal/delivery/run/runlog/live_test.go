package runlog_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestMoreRunsThanStayOpen has two hundred runs write in turns, which readers follow.
func TestMoreRunsThanStayOpen(t *testing.T) {
	t.Parallel()
	const runs, lines = 200, 5
	_, l := alone(t)
	ctx := context.Background()
	var writers sync.WaitGroup
	for i := range runs {
		id := fmt.Sprintf("run_%d", i)
		writers.Go(func() {
			for n := range lines {
				if err := l.Append(ctx, "acme", id, run.Event{Message: fmt.Sprint(n)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	for i := range runs {
		if got, _ := messages(t, l, fmt.Sprintf("run_%d", i), 0); strings.Join(got, " ") != "0 1 2 3 4" {
			t.Fatalf("run_%d has %v", i, got)
		}
	}
}

// TestWhoReadsFromTheBeginGetsAll: more than is in memory of a log that is written.
func TestWhoReadsFromTheBeginGetsAll(t *testing.T) {
	t.Parallel()
	_, l := alone(t)
	id, long := kernel.NewID("run"), strings.Repeat("x", 1000)
	for i := range 500 {
		must(t, l.Append(context.Background(), "acme", id, run.Event{Message: fmt.Sprint(i, long)}))
	}
	got, end := messages(t, l, id, 0)
	if len(got) != 500 || !strings.HasPrefix(got[499], "499") {
		t.Fatalf("%d lines", len(got))
	}
	lines, next, more, err := l.Read(context.Background(), id, 0)
	if err != nil || next == end || len(lines) == 0 {
		t.Fatalf("all at once: %d bytes, %v", len(lines), err)
	}
	select {
	case <-more:
	default:
		t.Error("there is more after them already")
	}
}

// TestALogThatCannotBeWrittenIsWrittenAgainLater has a file in the place of the folder meanwhile.
func TestALogThatCannotBeWrittenIsWrittenAgainLater(t *testing.T) {
	t.Parallel()
	w, l := alone(t)
	id, ctx := kernel.NewID("run"), t.Context()
	must(t, os.Remove(w.folder("one")))
	must(t, os.WriteFile(w.folder("one"), nil, 0o600))
	if err := l.Append(ctx, "acme", id, run.Event{Message: "lost"}); err == nil {
		t.Fatal("it is a file")
	}
	must(t, os.Remove(w.folder("one")))
	must(t, os.Mkdir(w.folder("one"), 0o700))
	tell(t, l, id, "there")
	says(t, l, id, "there")
}
