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
	if testing.Short() {
		t.Skip("boots the daemon")
	}
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

// midApply deploys the n-th release, and waits until terraform at the runner has
// begun to start the service, which takes long.
func (r *remote) midApply(n int) run {
	r.w.t.Helper()
	of, err := r.w.deploy(r.w.t.Context(), "orders", n, slowStartFar)
	r.w.must(err)
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
	return of
}

// succeeds waits for the end of a run, which is to be reached at that attempt, or at
// any where it is 0.
func (w *world) succeeds(of run, attempt int) {
	w.t.Helper()
	if of = w.await(of.ID, "ends", run.terminal); of.Status != "succeeded" || attempt != 0 && of.Attempt != attempt {
		w.t.Errorf("%s is %s at attempt %d: %+v", of.ID, of.Status, of.Attempt, of.Failure)
	}
}

// deploys has the n-th release deployed.
func (w *world) deploys(n, attempt int) run {
	w.t.Helper()
	of, err := w.deploy(w.t.Context(), "orders", n, 0)
	w.must(err)
	w.succeeds(of, attempt)
	return of
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
