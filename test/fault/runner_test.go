package fault_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestRemoteRunner: what a runner executes is as if the daemon did, and the daemon
// starts no terraform for it.
func TestRemoteRunner(t *testing.T) {
	t.Parallel()
	w, r := newFarWorld(t)
	log := w.logOf(w.deploys(2, 1).ID)
	for _, word := range []string{"planned_change", "apply_complete", `"action":"update"`, "run.succeeded"} {
		if !strings.Contains(log, word) {
			t.Errorf("its log has no %s:\n%s", word, log)
		}
	}
	if inits, _ := filepath.Glob(filepath.Join(w.Data, "init", "*")); len(inits) > 0 {
		t.Errorf("the daemon executed terraform itself: %v", inits)
	}
	far, err := w.promote(t.Context(), "orders", "test")
	w.must(err)
	w.succeeds(far, 0) // in the stage of the daemon
	if blobs, _ := filepath.Glob(filepath.Join(w.Data, "blobs", "fleet", "*", "*")); len(blobs) > 0 {
		t.Errorf("parts of assignments are left: %v", blobs)
	}
	w.client(t.Context(), "runner", "list")
	r.end(syscall.SIGTERM)
	if !strings.Contains(r.said(), "finishing") {
		t.Errorf("a stopped runner says %s", r.said())
	}
}

// TestKilledRunner kills the runner in the middle of an apply: the run says so, and
// goes on with the next runner.
func TestKilledRunner(t *testing.T) {
	t.Parallel()
	w, r := newFarWorld(t)
	of := r.midApply(2)
	r.end(syscall.SIGKILL)
	of = w.await(of.ID, "says what happened", func(r run) bool { return strings.Contains(r.StatusReason, "far-1 was lost in mid-apply") })
	t.Logf("the run says: %s", of.StatusReason)
	w.eventually("it waits for a runner", func() (string, bool) {
		var x struct{ Details []string }
		w.must(w.get("/projects/"+w.project+"/runs/"+of.ID+"/explanation", &x))
		text := strings.Join(x.Details, "; ")
		return text, strings.Contains(text, "no runner with the labels pool=far")
	})
	next := w.newRunner("far-2")
	w.succeeds(of, 2)
	if log := w.logOf(of.ID); !strings.Contains(log, "run.interrupted") {
		t.Errorf("its log does not tell:\n%s", log)
	}
	next.idle()
	r.start() // what the killed one left is cleared away
	r.idle()
}

// TestRemovedRunner takes the runner's token away in the middle of an apply.
func TestRemovedRunner(t *testing.T) {
	t.Parallel()
	w, r := newFarWorld(t)
	of := r.midApply(2)
	w.client(t.Context(), "runner", "remove", "far-1", "--yes", "--reason", "stolen")
	w.await(of.ID, "says what happened", func(r run) bool { return strings.Contains(r.StatusReason, "far-1 was removed in mid-apply") })
	<-r.done
	if code := r.cmd.ProcessState.ExitCode(); code == 0 || !strings.Contains(r.said(), "token is not valid") {
		t.Errorf("the removed runner ended with %d: %s", code, r.said())
	}
	r.idle()
	w.newRunner("far-2")
	w.succeeds(of, 2)
}

// TestCanceledAtARunner cancels a run in the middle of its apply, in order and by force.
func TestCanceledAtARunner(t *testing.T) {
	t.Parallel()
	w, r := newFarWorld(t)
	for n, force := range []bool{false, true} {
		of := r.midApply(2 + n)
		w.post(w.admin, "/projects/"+w.project+"/runs/"+of.ID+"/cancel", map[string]any{"force": force}, nil)
		if of = w.await(of.ID, "ends", run.terminal); of.Status != "canceled" {
			t.Errorf("with force %v it is %s: %+v", force, of.Status, of.Failure)
		}
		r.idle()
	}
	w.deploys(9, 0)
}

// TestTheServerOfARunnerIsKilled: the runner stays, and works on when the server is
// back, with the session that it has.
func TestTheServerOfARunnerIsKilled(t *testing.T) {
	t.Parallel()
	w, r := newFarWorld(t)
	of := r.midApply(2)
	w.Kill()
	w.Boot()
	if of = w.await(of.ID, "ends", run.terminal); of.Status != "succeeded" {
		t.Errorf("the run that was under way is %s at attempt %d: %+v", of.Status, of.Attempt, of.Failure)
	}
	t.Logf("the run that was under way is %s at attempt %d", of.Status, of.Attempt)
	w.deploys(3, 1)
	if strings.Count(r.said(), `"connected"`) != 1 {
		t.Errorf("the runner had to begin anew: %s", r.said())
	}
	r.idle()
}
