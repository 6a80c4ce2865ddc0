package runlog_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestReadersSeeWhatIsAppended(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	_, l := alone(t)
	id := kernel.NewID("run")
	lines, next, more, err := l.Read(ctx, id, 0)
	if err != nil || len(lines) != 0 || next != 0 {
		t.Fatalf("a log that is not there yet: %q %d %v", lines, next, err)
	}
	must(t, l.Append(ctx, "acme", id, run.Event{Message: "one"}, run.Event{Message: "x" + strings.Repeat("é", 10<<10)}))
	<-more
	lines, next, more, err = l.Read(ctx, id, next)
	must(t, err)
	if bytes.Count(lines, []byte("\n")) != 2 || len(lines) > 17<<10 || bytes.Contains(lines, []byte(`\ufffd`)) {
		t.Fatalf("two lines, the long one cut: %d lines, %d bytes", bytes.Count(lines, []byte("\n")), len(lines))
	}
	select {
	case <-more:
		t.Fatal("there is nothing more yet")
	default:
	}
	must(t, l.Append(ctx, "acme", id, run.Event{Message: "two"}))
	lines, _, _, err = l.Read(ctx, id, next)
	must(t, err)
	if !strings.Contains(string(lines), `"message":"two"`) {
		t.Fatalf("%q", lines)
	}
}

func TestNoOtherFiles(t *testing.T) {
	t.Parallel()
	_, l := alone(t)
	if _, _, _, err := l.Read(context.Background(), "../../etc/passwd", 0); !kernel.Is(err, kernel.NotFound) {
		t.Fatalf("%v, want not found", err)
	}
}

// TestOnlyTheNameOfARunIsAFile: whatever else is asked for is no path.
func TestOnlyTheNameOfARunIsAFile(t *testing.T) {
	t.Parallel()
	_, l := alone(t)
	for _, id := range []string{"", "run_", "x", "run", "run_A", "run_a/b", "run_a/../b", "run_a\n", "run_../a", "run_é", "xrun_a", "run_" + strings.Repeat("a", 41)} {
		if err := l.Append(context.Background(), "acme", id, run.Event{}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	for _, id := range []string{"run_a", "run_0z9", "run_" + strings.Repeat("z", 40)} {
		must(t, l.Append(context.Background(), "acme", id, run.Event{Message: "here"}))
	}
}
