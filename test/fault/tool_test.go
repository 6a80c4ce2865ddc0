package fault_test

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// slowStart is how long the service takes to start where a test has to meet its
// apply half-way.
const slowStart = 3 * time.Second

// TestKilledTool kills only terraform in the middle of an apply: the run ends
// with one clear failure, and the next deploy goes through without a person
// breaking a lock.
func TestKilledTool(t *testing.T) {
	if testing.Short() {
		t.Skip("boots the daemon")
	}
	t.Parallel()
	w := newWorld(t)
	r, err := w.deploy(t.Context(), "orders", 1, slowStart)
	w.must(err)
	w.must(syscall.Kill(w.applying(r), syscall.SIGKILL))
	r = w.await(r.ID, "ends", run.terminal)
	if r.Status != "failed" || r.Failure == nil || r.Failure.Phase != "apply" || r.Failure.Fix == "" || !strings.Contains(r.Failure.Message, "killed") {
		t.Errorf("%s: %+v", r.Status, r.Failure)
	}
	t.Logf("the failure: %+v", r.Failure)
	next, err := w.deploy(t.Context(), "orders", 2, 0)
	w.must(err)
	if next = w.await(next.ID, "ends", run.terminal); next.Status != "succeeded" || next.Attempt != 1 {
		t.Errorf("the next deploy is %s at attempt %d: %+v", next.Status, next.Attempt, next.Failure)
	}
	w.clean()
}

// TestStoppedDaemon stops the daemon with SIGTERM in the middle of an apply: it
// ends in order, and the run goes on after the next start.
func TestStoppedDaemon(t *testing.T) {
	if testing.Short() {
		t.Skip("boots the daemon")
	}
	t.Parallel()
	w := newWorld(t)
	r, err := w.deploy(t.Context(), "orders", 1, slowStart)
	w.must(err)
	w.applying(r)
	begin := time.Now()
	w.Stop()
	if took := time.Since(begin); took > 15*time.Second {
		t.Errorf("the stop took %s", took)
	}
	w.Boot()
	if r = w.await(r.ID, "ends", run.terminal); r.Status != "succeeded" || r.Attempt != 1 {
		t.Errorf("%s at attempt %d: %+v", r.Status, r.Attempt, r.Failure)
	}
	w.clean()
}

// applying waits until terraform applies the run's plan and has made its first
// call for the service, and returns terraform's process.
func (w *world) applying(r run) int {
	w.t.Helper()
	w.await(r.ID, "applies", func(r run) bool { return r.Status == "applying" })
	pid := 0
	w.eventually("the new service starts", func() (string, bool) {
		pid = 0
		starting := false
		for _, p := range w.processes() {
			if strings.Contains(p.cwd, r.ID) && strings.Contains(p.command, " apply ") {
				pid = p.pid
			}
			starting = starting || strings.HasPrefix(p.command, "/bin/sh -c sleep")
		}
		return "no apply that starts the service", pid != 0 && starting
	})
	return pid
}
