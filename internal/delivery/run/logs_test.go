package run_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runlog"
	"github.com/terrace-idp/terrace/internal/delivery/run/runtest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestARunSaysThatItsLogIsGone, and one whose log is there does not.
func TestARunSaysThatItsLogIsGone(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	logs, ok := b.Logs.(*runlog.Logs)
	if !ok {
		t.Fatal("the bench has other logs")
	}
	b.Stop(t) // nothing is told any longer
	runtest.Must(t, logs.Close(t.Context()))
	runtest.Must(t, logs.Expire(t.Context()))
	seen, err := b.See(t.Context(), r.Scope, r.ID)
	if err != nil || seen.LogRemovedAt != nil {
		t.Fatalf("its log is kept for ever: %v, %v", seen.LogRemovedAt, err)
	}
	logs.Keep = time.Nanosecond
	runtest.Must(t, logs.Expire(t.Context()))
	if seen, err = b.See(t.Context(), r.Scope, r.ID); err != nil || seen.LogRemovedAt == nil || time.Since(*seen.LogRemovedAt) > time.Hour {
		t.Errorf("since %v, %v", seen.LogRemovedAt, err)
	}
	if _, err := b.RunLog(t.Context(), r.Scope, r.ID); !kernel.Is(err, kernel.NotFound) || !strings.Contains(err.Error(), "was removed at") {
		t.Errorf("before anything is sent: %v", err)
	}
}

// TestWhoFollowsElsewhereGetsTheLastWord: it is handed on after the run's end.
func TestWhoFollowsElsewhereGetsTheLastWord(t *testing.T) {
	t.Parallel()
	b := bench(t).Start(t)
	logs, ok := b.Logs.(*runlog.Logs)
	if !ok {
		t.Fatal("the bench has other logs")
	}
	elsewhere := logs.Config
	elsewhere.Folder, elsewhere.Node = t.TempDir(), "other"
	other, err := runlog.New(elsewhere)
	runtest.Must(t, err)
	two := b.Restart(t, func(d *run.Deps) { d.Node, d.Logs = "other", other })
	r := b.Await(t, b.Deploy(t, "dev", "1").ID, run.Succeeded)
	b.Stop(t) // and with it the last word is told
	l, err := two.RunLog(t.Context(), r.Scope, r.ID)
	runtest.Must(t, err)
	var told strings.Builder
	following := make(chan error, 1)
	go func() {
		following <- l.Events(t.Context(), true, func(lines []byte) error { told.Write(lines); return nil })
	}()
	runtest.Must(t, logs.Close(t.Context()))
	runtest.Must(t, <-following)
	if !strings.Contains(told.String(), `"type":"run.succeeded"`) {
		t.Errorf("it got %s", told.String())
	}
}
