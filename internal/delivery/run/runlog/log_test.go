package runlog_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestReadersSeeWhatIsAppended(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l, err := runlog.New(t.TempDir())
	must(t, err)
	id := kernel.NewID("run")
	lines, next, more, err := l.Read(ctx, id, 0)
	if err != nil || len(lines) != 0 || next != 0 {
		t.Fatalf("a log that is not there yet: %q %d %v", lines, next, err)
	}
	must(t, l.Append(ctx, id, run.Event{Message: "one"}, run.Event{Message: strings.Repeat("x", 20<<10)}))
	<-more
	lines, next, more, err = l.Read(ctx, id, next)
	must(t, err)
	if bytes.Count(lines, []byte("\n")) != 2 || len(lines) > 17<<10 {
		t.Fatalf("two lines, the long one cut: %d lines, %d bytes", bytes.Count(lines, []byte("\n")), len(lines))
	}
	select {
	case <-more:
		t.Fatal("there is nothing more yet")
	default:
	}
	must(t, l.Append(ctx, id, run.Event{Message: "two"}))
	lines, _, _, err = l.Read(ctx, id, next)
	must(t, err)
	if !strings.Contains(string(lines), `"message":"two"`) {
		t.Fatalf("%q", lines)
	}
}

func TestHalfLineOfACrash(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	l, err := runlog.New(dir)
	must(t, err)
	id := kernel.NewID("run")
	must(t, os.WriteFile(filepath.Join(dir, id+".ndjson"), []byte(`{"message":"ha`), 0o600))
	lines, _, _, err := l.Read(ctx, id, 0)
	if err != nil || len(lines) != 0 {
		t.Fatalf("half a line is not read: %q %v", lines, err)
	}
	must(t, l.Append(ctx, id, run.Event{Message: "whole"}))
	lines, _, _, err = l.Read(ctx, id, 0)
	must(t, err)
	if bytes.Count(lines, []byte("\n")) != 2 {
		t.Fatalf("the next event begins a line of its own: %q", lines)
	}
}

func TestNoOtherFiles(t *testing.T) {
	t.Parallel()
	l, err := runlog.New(t.TempDir())
	must(t, err)
	if _, _, _, err := l.Read(context.Background(), "../../etc/passwd", 0); !kernel.Is(err, kernel.NotFound) {
		t.Fatalf("%v, want not found", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestOnlyTheNameOfARunIsAFile: whatever else is asked for is no path.
func TestOnlyTheNameOfARunIsAFile(t *testing.T) {
	t.Parallel()
	l, err := runlog.New(t.TempDir())
	must(t, err)
	for _, id := range []string{"", "run_", "x", "run", "run_A", "run_a/b", "run_a/../b", "run_a\n", "run_../a", "run_é", "xrun_a", "run_" + strings.Repeat("a", 41)} {
		if err := l.Append(context.Background(), id, run.Event{}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"run_a", "run_0z9", "run_" + strings.Repeat("z", 40)} {
		must(t, l.Append(context.Background(), id, run.Event{Message: "here"}))
	}
}
