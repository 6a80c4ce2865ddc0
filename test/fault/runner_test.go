package fault_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// farStages are dev, which remote runners execute, and test, which the daemon does.
const farStages = `stages:
  - {name: dev, order: 1, target: local, runtime: process, runners: {pool: far}}
  - {name: test, order: 2, target: local, runtime: process}
  - {name: int, order: 3, target: local, runtime: process, runners: {zone: a}}
  - {name: qs, order: 4, target: local, runtime: process, runners: {pool: far}, approvals: {count: 1, role: approver}}
`

// remote is a runner as a process of its own, with a data folder of its own.
type remote struct {
	w               *world
	name, dir, file string
	cmd             *exec.Cmd
	done            chan struct{}
	mu              sync.Mutex
	log             bytes.Buffer
}

// Write collects what the runner says.
func (r *remote) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(p)
}

func (r *remote) said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// newFarWorld boots a daemon whose stage dev is executed by remote runners, and one
// of those, which deploys the first service.
func newFarWorld(t *testing.T) (*world, *remote) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "terrace.yaml")
	w := &world{t: t, Daemon: harness.New(t, "--config", file)}
	w.must(os.WriteFile(file, []byte(farStages), 0o600))
	w.people()
	r := w.newRunner("far-1")
	w.build()
	return w, r
}

// newRunner creates a runner and starts it.
func (w *world) newRunner(name string) *remote {
	w.t.Helper()
	r := &remote{w: w, name: name, dir: filepath.Join(w.Dir, name)}
	r.file = filepath.Join(w.Dir, name+".token")
	w.client(w.t.Context(), "runner", "create", name, "--labels", "pool=far,zone=a", "--token-file", r.file)
	w.t.Cleanup(func() {
		r.end(syscall.SIGKILL)
		if w.t.Failed() {
			w.t.Logf("the runner %s said:\n%s", r.name, r.said())
		}
	})
	r.start()
	return r
}

func (r *remote) start() {
	r.w.t.Helper()
	r.cmd = exec.Command(harness.Bin(r.w.t, "terraced"), "runner", "--server", "http://"+r.w.API, "--token-file", r.file, "--data", r.dir, "--log-format", "json")
	r.cmd.Env, r.cmd.Stdout, r.cmd.Stderr = r.w.Environment(), r, r
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.w.must(r.cmd.Start())
	cmd, done := r.cmd, make(chan struct{})
	r.done = done
	go func() { _ = cmd.Wait(); close(done) }()
}

// end signals the process and waits for its end.
func (r *remote) end(signal syscall.Signal) {
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Signal(signal) // it may have ended
	<-r.done
	r.cmd = nil
}

// tools are the processes that work in the runner's folder.
func (r *remote) tools() (found []string) {
	r.w.t.Helper()
	links, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is good
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd, r.dir+"/") {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
			found = append(found, string(bytes.ReplaceAll(command, []byte{0}, []byte{' '})))
		}
	}
	return found
}

func (r *remote) idle() {
	r.w.t.Helper()
	r.w.eventually("no terraform at "+r.name, func() (string, bool) {
		tools := r.tools()
		return fmt.Sprint(tools), len(tools) == 0
	})
}

// applies waits until terraform at the runner has begun to start the slow service.
func (r *remote) applies(of run) {
	r.w.t.Helper()
	r.w.await(of.ID, "applies", func(r run) bool { return r.Status == "applying" })
	r.w.eventually("terraform applies at "+r.name, func() (string, bool) {
		starts := strings.Contains(r.w.logOf(of.ID), "apply_start")
		for _, command := range r.tools() {
			if strings.Contains(command, " apply ") && starts {
				return command, true
			}
		}
		return fmt.Sprint(r.tools()), false
	})
}

func (w *world) logOf(id string) string {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+w.API+"/api/v1/projects/"+w.project+"/runs/"+id+"/events", nil)
	w.must(err)
	request.Header.Set("Authorization", "Bearer "+w.admin)
	answer, err := http.DefaultClient.Do(request)
	w.must(err)
	defer func() { _ = answer.Body.Close() }()
	var text bytes.Buffer
	_, err = text.ReadFrom(answer.Body)
	w.must(err)
	return text.String()
}

// slowStartFar is how long the service takes to start where a runner is met in its apply.
const slowStartFar = 2 * slowStart

// TestRemoteRunner: what a runner executes is as if the daemon did, and the daemon
// starts no terraform for it.
func TestRemoteRunner(t *testing.T) {
	if testing.Short() {
		t.Skip("boots the daemon")
	}
	t.Parallel()
	w, r := newFarWorld(t)
	next, err := w.deploy(t.Context(), "orders", 2, 0)
	w.must(err)
	if next = w.await(next.ID, "ends", run.terminal); next.Status != "succeeded" || next.Attempt != 1 {
		t.Fatalf("%s at attempt %d: %+v", next.Status, next.Attempt, next.Failure)
	}
	log := w.logOf(next.ID)
	for _, word := range []string{"planned_change", "apply_complete", "run.succeeded"} {
		if !strings.Contains(log, word) {
			t.Errorf("its log has no %s:\n%s", word, log)
		}
	}
	if inits, _ := filepath.Glob(filepath.Join(w.Data, "init", "*")); len(inits) > 0 {
		t.Errorf("the daemon executed terraform itself: %v", inits)
	}
	far, err := w.promote(t.Context(), "orders", "test")
	w.must(err)
	if far = w.await(far.ID, "ends", run.terminal); far.Status != "succeeded" {
		t.Errorf("in the stage of the daemon it is %s: %+v", far.Status, far.Failure)
	}
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
	if testing.Short() {
		t.Skip("boots the daemon")
	}
	t.Parallel()
	w, r := newFarWorld(t)
	of, err := w.deploy(t.Context(), "orders", 2, slowStartFar)
	w.must(err)
	r.applies(of)
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
	if of = w.await(of.ID, "ends", run.terminal); of.Status != "succeeded" || of.Attempt != 2 {
		t.Errorf("%s at attempt %d: %+v", of.Status, of.Attempt, of.Failure)
	}
	if log := w.logOf(of.ID); !strings.Contains(log, "run.interrupted") {
		t.Errorf("its log does not tell:\n%s", log)
	}
	next.idle()
	r.start() // what the killed one left is cleared away
	r.idle()
}

// TestRemovedRunner takes the runner's token away in the middle of an apply.
func TestRemovedRunner(t *testing.T) {
	if testing.Short() {
		t.Skip("boots the daemon")
	}
	t.Parallel()
	w, r := newFarWorld(t)
	of, err := w.deploy(t.Context(), "orders", 2, slowStartFar)
	w.must(err)
	r.applies(of)
	w.client(t.Context(), "runner", "remove", "far-1", "--yes", "--reason", "stolen")
	w.await(of.ID, "says what happened", func(r run) bool { return strings.Contains(r.StatusReason, "far-1 was removed in mid-apply") })
	<-r.done
	if code := r.cmd.ProcessState.ExitCode(); code == 0 || !strings.Contains(r.said(), "token is not valid") {
		t.Errorf("the removed runner ended with %d: %s", code, r.said())
	}
	r.idle()
	w.newRunner("far-2")
	if of = w.await(of.ID, "ends", run.terminal); of.Status != "succeeded" || of.Attempt != 2 {
		t.Errorf("%s at attempt %d: %+v", of.Status, of.Attempt, of.Failure)
	}
}

// TestCanceledAtARunner cancels a run in the middle of its apply, in order and by force.
func TestCanceledAtARunner(t *testing.T) {
	if testing.Short() {
		t.Skip("boots the daemon")
	}
	t.Parallel()
	w, r := newFarWorld(t)
	for n, force := range []bool{false, true} {
		of, err := w.deploy(t.Context(), "orders", 2+n, slowStartFar)
		w.must(err)
		r.applies(of)
		w.post(w.admin, "/projects/"+w.project+"/runs/"+of.ID+"/cancel", map[string]any{"force": force}, nil)
		if of = w.await(of.ID, "ends", run.terminal); of.Status != "canceled" {
			t.Errorf("with force %v it is %s: %+v", force, of.Status, of.Failure)
		}
		r.idle()
	}
	last, err := w.deploy(t.Context(), "orders", 9, 0)
	w.must(err)
	if last = w.await(last.ID, "ends", run.terminal); last.Status != "succeeded" {
		t.Errorf("the next deploy is %s: %+v", last.Status, last.Failure)
	}
}

// TestTheServerOfARunnerIsKilled: the runner stays, and works on when the server is
// back, with the session that it has.
func TestTheServerOfARunnerIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("boots the daemon")
	}
	t.Parallel()
	w, r := newFarWorld(t)
	of, err := w.deploy(t.Context(), "orders", 2, slowStartFar)
	w.must(err)
	r.applies(of)
	w.Kill()
	w.Boot()
	if of = w.await(of.ID, "ends", run.terminal); of.Status != "succeeded" {
		t.Errorf("the run that was under way is %s at attempt %d: %+v", of.Status, of.Attempt, of.Failure)
	}
	t.Logf("the run that was under way is %s at attempt %d", of.Status, of.Attempt)
	last, err := w.deploy(t.Context(), "orders", 3, 0)
	w.must(err)
	if last = w.await(last.ID, "ends", run.terminal); last.Status != "succeeded" || last.Attempt != 1 {
		t.Errorf("the next deploy is %s at attempt %d: %+v", last.Status, last.Attempt, last.Failure)
	}
	if strings.Count(r.said(), `"connected"`) != 1 {
		t.Errorf("the runner had to begin anew: %s", r.said())
	}
	r.idle()
}
