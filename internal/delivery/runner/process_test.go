package runner_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// TestCancelLetsTheToolFinish cancels in the middle of an apply: what was done
// is in the state, and the lock is given back.
func TestCancelLetsTheToolFinish(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	started := pipe(t, "started")
	root := data(`{"first":{"input":"x"},"halt":{"depends_on":["terraform_data.first"],"provisioner":{"local-exec":{"command":"echo > ` + started + `; exec cat ` + pipe(t, "go") + `"}}}}`)
	plan := b.plan(t, "run_1", stack, root)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = os.ReadFile(started) // it is in the middle
		cancel()
	}()
	_, err := b.Apply(ctx, b.job(t, "run_1", stack, tokens.PhaseApply, root), b.kept(plan), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("apply: %v, want canceled", err)
	}
	if again := b.plan(t, "run_1", stack, root); summaryOf(again).Noop != 1 {
		t.Errorf("plan after it: %+v, want the first resource in the state", summaryOf(again))
	}
	b.isClean(t)
}

// fake is a tool whose init does nothing and whose other commands are the script.
func fake(t *testing.T, script string) runner.Tool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "terraform")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n[ $1 = init ] && exit 0\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return runner.Tool{Name: "terraform", Path: path, Version: "1.11.4"}
}

// stubborn ignores interrupts and holds the pipe self open; what it starts holds
// the pipe alive open.
func stubborn(t *testing.T, self, alive string) runner.Tool {
	t.Helper()
	return fake(t, "trap '' INT\nexec 4<> "+self+"\n(exec 4>&- 3> "+alive+"; echo up >&3; exec sleep 3600) &\nwait\nwait\nwait")
}

func planWith(ctx context.Context, c runner.Config) error {
	c.Address = "http://127.0.0.1:1"
	_, err := runner.New(c).Plan(ctx, runner.Job{RunID: "run_1", Stack: stack, Files: map[string][]byte{"main.tf.json": []byte("{}")}}, nil)
	return err
}

func TestWhatDoesNotStopIsKilledWithAllItStarted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		timeout time.Duration
		cancel  bool
		want    string
	}{
		"canceled":  {time.Hour, true, "context canceled"},
		"timed out": {50 * time.Millisecond, false, "it took too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			self, alive := pipe(t, "self"), pipe(t, "alive")
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if c.cancel {
				go watch(alive, cancel)
			}
			err := planWith(ctx, runner.Config{Tool: stubborn(t, self, alive), DataDir: t.TempDir(), Limits: runner.Limits{Time: c.timeout}, Grace: time.Millisecond})
			if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("plan: %v, want %q", err, c.want)
			}
			released(t, self)
			released(t, alive)
		})
	}
}

// TestKillEndsTheToolAtOnce does not wait for the grace, which is an hour.
func TestKillEndsTheToolAtOnce(t *testing.T) {
	t.Parallel()
	self, alive := pipe(t, "self"), pipe(t, "alive")
	kill := make(chan struct{})
	go watch(alive, func() { close(kill) })
	r := runner.New(runner.Config{Tool: stubborn(t, self, alive), DataDir: t.TempDir(), Address: "http://127.0.0.1:1", Grace: time.Hour})
	job := runner.Job{RunID: "run_1", Stack: stack, Files: map[string][]byte{"main.tf.json": []byte("{}")}, Kill: kill}
	_, err := r.Plan(context.Background(), job, nil)
	if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), "killed on request") {
		t.Errorf("plan: %v, want that it was killed on request", err)
	}
	released(t, self)
	released(t, alive)
	if _, err := r.Plan(context.Background(), job, nil); !kernel.Is(err, kernel.Unavailable) {
		t.Errorf("plan after it: %v, want that nothing more is started", err)
	}
}

// TestAToolThatDiesTakesAllWithIt has a tool end and leave something running
// that holds its output open.
func TestAToolThatDiesTakesAllWithIt(t *testing.T) {
	t.Parallel()
	alive := pipe(t, "alive")
	err := planWith(context.Background(), runner.Config{Tool: fake(t, "exec 3<> "+alive+"\nsleep 3600 &\necho broken >&2; exit 7"), DataDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("plan: %v, want the tool's words", err)
	}
	released(t, alive)
}

// TestAResourceThatFailsIsToldLineByLine has the provider say what is wrong, what
// the service's log shows, and what to do.
func TestAResourceThatFailsIsToldLineByLine(t *testing.T) {
	t.Parallel()
	tool := fake(t, `cat <<'END'
{"@level":"error","@message":"Error: Cannot create","type":"diagnostic","diagnostic":{"severity":"error","summary":"Cannot create","address":"module.w.terrace_service.this","detail":"it is not ready: connection refused\n  log main: one\n  log main: two\n\nTo fix it: correct it"}}
END
exit 1`)
	err := planWith(context.Background(), runner.Config{Tool: tool, DataDir: t.TempDir()})
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Kind != kernel.Invalid || e.Message != "terraform plan failed: Cannot create" {
		t.Fatalf("plan: %v, want that the resource is at fault", err)
	}
	want := []kernel.Problem{
		{Path: "module.w.terrace_service.this", Message: "Cannot create: it is not ready: connection refused", Fix: "correct it"},
		{Message: "log main: one"},
		{Message: "log main: two"},
	}
	if !slices.Equal(e.Problems, want) {
		t.Errorf("problems %+v, want %+v", e.Problems, want)
	}
}

func TestAToolThatIsKilledFromOutsideSaysSo(t *testing.T) {
	t.Parallel()
	err := planWith(context.Background(), runner.Config{Tool: fake(t, "echo '{}'; kill -9 $$"), DataDir: t.TempDir()})
	known, ok := errors.AsType[*kernel.Error](err)
	if !ok || known.Kind != kernel.Unavailable || !strings.Contains(known.Message, "killed") || known.Fix == "" {
		t.Errorf("plan: %v, want that it was killed", err)
	}
}

// released returns when nobody holds the pipe open for writing.
func released(t *testing.T, pipe string) {
	t.Helper()
	f, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := io.Copy(io.Discard, f); err != nil {
		t.Fatal(err)
	}
}

// watch opens the pipe, calls up when somebody has written into it, and returns
// when nobody holds it open any more.
func watch(pipe string, up func()) {
	f, err := os.Open(pipe)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Read(make([]byte, 3)); err == nil {
		up()
	}
	_, _ = io.Copy(io.Discard, f)
}

func pipe(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const childVariable = "TERRACE_TEST_RUNNER_CHILD"

// TestChild is the process that TestAKilledProcessLeavesNothing kills.
func TestChild(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(childVariable)
	if dir == "" {
		t.Skip("it is a part of TestAKilledProcessLeavesNothing")
	}
	err := planWith(context.Background(), runner.Config{Tool: stubborn(t, filepath.Join(dir, "self"), filepath.Join(dir, "alive")), DataDir: dir})
	t.Fatalf("the plan ended: %v", err)
}

// TestAKilledProcessLeavesNothing kills a process with a running plan. The
// kernel ends the tool, and Sweep what the tool had started.
func TestAKilledProcessLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"self", "alive"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	child := exec.CommandContext(context.Background(), os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), childVariable+"="+dir)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	watch(filepath.Join(dir, "alive"), func() {
		if err := child.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = child.Wait() // it was killed
		released(t, filepath.Join(dir, "self"))
		if err := runner.Sweep(t.Context(), dir, nil); err != nil {
			t.Error(err)
		}
	})
	if left, err := filepath.Glob(filepath.Join(dir, "runs", "*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestTheEnvironmentIsClean has an apply print its environment.
func TestTheEnvironmentIsClean(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	root := data(`{"a":{"provisioner":{"local-exec":{"command":"env; echo ${TF_HTTP_PASSWORD} ${TERRACE_TOKEN}"}}}}`)
	root = strings.ReplaceAll(root, "${", "$${")
	plan := b.plan(t, "run_1", stack, root)
	job := b.job(t, "run_1", stack, tokens.PhaseApply, root)
	const password = `hush "hush" \ now`
	job.Env, job.Secret = map[string]string{"EXTRA": "given", "ARM_CLIENT_SECRET": password}, []string{"ARM_CLIENT_SECRET"}
	var log log
	if _, err := b.Apply(context.Background(), job, b.kept(plan), log.sink); err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	for _, e := range log.events {
		printed.WriteString(e.Message + "\n")
	}
	out := printed.String()
	for _, want := range []string{"EXTRA=given", "TERRACE_ADDRESS=" + b.Address, "TERRACE_TOKEN=(secret)", "ARM_CLIENT_SECRET=(secret)", "CHECKPOINT_DISABLE=1", "PATH=" + os.Getenv("PATH")} {
		if !strings.Contains(out, want) {
			t.Errorf("the environment lacks %s:\n%s", want, out)
		}
	}
	if strings.Contains(out, job.Token) || strings.Contains(out, password) {
		t.Error("an event holds a secret")
	}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "TF_") || strings.HasPrefix(name, "GO") && strings.Contains(out, "\n"+name+"="+value) {
			if value != "" && strings.Contains(out, name+"="+value+"\n") {
				t.Errorf("%s was inherited", name)
			}
		}
	}
}

func TestAFullDiskIsOneClearError(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.DataDir = t.TempDir()
	if err := syscall.Mount("tmpfs", b.DataDir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small file system cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(b.DataDir, syscall.MNT_DETACH) })
	noise := make([]byte, 20<<10)
	_, _ = rand.Read(noise) // never fails
	root := data(`{"a":{"input":"` + hex.EncodeToString(noise) + `"}}`)
	for name, root := range map[string]string{"the work directory": strings.Repeat(" ", 100<<10) + root, "the plan": root} {
		_, err := b.Plan(context.Background(), b.job(t, "run_1", stack, tokens.PhasePlan, root), nil)
		if e, ok := errors.AsType[*kernel.Error](err); !ok || e.Kind != kernel.Unavailable || !strings.Contains(e.Fix, "free space") {
			t.Errorf("%s does not fit: %v, want unavailable and what to do", name, err)
		}
	}
	b.isClean(t)
}
