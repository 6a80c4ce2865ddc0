package runlog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// messages reads what there is of a log from offset on.
func messages(t *testing.T, l *runlog.Logs, id string, offset int64) (all []string, next int64) {
	t.Helper()
	for {
		lines, after, _, err := l.Read(context.Background(), id, offset)
		must(t, err)
		if len(lines) == 0 {
			return all, offset
		}
		for line := range bytes.Lines(lines) {
			var e run.Event
			must(t, json.Unmarshal(line, &e))
			all = append(all, e.Message)
		}
		offset = after
	}
}

// TestMoreRunsThanStayOpen has two hundred runs write in turns, which readers follow.
func TestMoreRunsThanStayOpen(t *testing.T) {
	t.Parallel()
	const runs, lines = 200, 5
	l, err := runlog.New(t.TempDir())
	must(t, err)
	ctx := context.Background()
	var writers sync.WaitGroup
	for i := range runs {
		id := fmt.Sprintf("run_%d", i)
		writers.Go(func() {
			for n := range lines {
				if err := l.Append(ctx, id, run.Event{Message: fmt.Sprint(n)}); err != nil {
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

// TestTwoProcessesWriteOneLog: neither takes what it knows of the file for all of it.
func TestTwoProcessesWriteOneLog(t *testing.T) {
	t.Parallel()
	dir, id, ctx := t.TempDir(), kernel.NewID("run"), context.Background()
	one, err := runlog.New(dir)
	must(t, err)
	other, err := runlog.New(dir)
	must(t, err)
	must(t, one.Append(ctx, id, run.Event{Message: "one"}))
	_, offset := messages(t, one, id, 0)
	must(t, other.Append(ctx, id, run.Event{Message: "two"}))
	got, offset := messages(t, one, id, offset)
	if fmt.Sprint(got) != "[two]" {
		t.Errorf("what another wrote: %v", got)
	}
	must(t, one.Append(ctx, id, run.Event{Message: "three"}))
	must(t, other.Append(ctx, id, run.Event{Message: "four"}))
	if got, _ := messages(t, one, id, offset); fmt.Sprint(got) != "[three four]" {
		t.Errorf("after that: %v", got)
	}
	if got, _ := messages(t, other, id, 0); fmt.Sprint(got) != "[one two three four]" {
		t.Errorf("all of it: %v", got)
	}
}

// TestWhoReadsFromTheBeginGetsAll: more than is in memory of a log that is written.
func TestWhoReadsFromTheBeginGetsAll(t *testing.T) {
	t.Parallel()
	l, err := runlog.New(t.TempDir())
	must(t, err)
	id, long := kernel.NewID("run"), strings.Repeat("x", 1000)
	for i := range 500 {
		must(t, l.Append(context.Background(), id, run.Event{Message: fmt.Sprint(i, long)}))
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

// TestALogThatCannotBeWrittenIsWrittenAgainLater has a folder in its place meanwhile.
func TestALogThatCannotBeWrittenIsWrittenAgainLater(t *testing.T) {
	t.Parallel()
	dir, id, ctx := t.TempDir(), kernel.NewID("run"), context.Background()
	l, err := runlog.New(dir)
	must(t, err)
	path := filepath.Join(dir, id+".ndjson")
	must(t, os.Mkdir(path, 0o700))
	if err := l.Append(ctx, id, run.Event{Message: "lost"}); err == nil {
		t.Fatal("it is a folder")
	}
	must(t, os.Remove(path))
	must(t, l.Append(ctx, id, run.Event{Message: "there"}))
	if got, _ := messages(t, l, id, 0); fmt.Sprint(got) != "[there]" {
		t.Errorf("%v", got)
	}
}
