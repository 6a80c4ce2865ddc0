package process_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/target/local/process"
)

func launcher(t *testing.T) *process.Launcher {
	t.Helper()
	l, err := process.NewLauncher("test-" + strings.ToLower(t.Name()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func shell(script string) process.Spec {
	return process.Spec{Path: "sh", Args: []string{"-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}}
}

func quick() process.Timing {
	return process.Timing{
		ProbeStart: time.Millisecond, ProbePeriod: time.Millisecond, Grace: 50 * time.Millisecond,
		BackoffFirst: time.Millisecond, BackoffMost: 4 * time.Millisecond,
	}
}

// buffer is a buffer that may be read while a process writes to it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestOutputAndExit(t *testing.T) {
	t.Parallel()
	l := launcher(t)
	for script, want := range map[string]string{
		"exit 0": "exited with status 0", "exit 3": "exited with status 3", "kill -TERM $$": "was ended by signal SIGTERM",
	} {
		var out buffer
		spec := shell("echo out; echo err >&2; " + script)
		spec.Output = &out
		p, err := l.Start(spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Exit().String(); got != want || out.String() != "out\nerr\n" {
			t.Errorf("%s: it %s and wrote %q, want %s", script, got, out.String(), want)
		}
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	t.Parallel()
	var out buffer
	spec := shell(`trap '' TERM; echo up; while true; do sleep 1; done`)
	spec.Output = &out
	p, err := launcher(t).Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	for out.String() == "" {
		<-time.After(time.Millisecond)
	}
	p.Stop(context.Background(), 10*time.Millisecond)
	if got := p.Exit(); got.Signal != "SIGKILL" {
		t.Errorf("it %s", got)
	}
}

func TestAProgramThatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := launcher(t).Start(process.Spec{Path: "no-such-program"}); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestAClosedLauncher(t *testing.T) {
	t.Parallel()
	l := launcher(t)
	l.Close()
	if _, err := l.Start(shell("exit")); !errors.Is(err, process.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestRestarts(t *testing.T) {
	t.Parallel()
	u := launcher(t).Supervise(process.Config{Spec: shell("exit 2"), Timing: quick()})
	defer u.Stop()
	s, err := u.Await(t.Context(), func(s process.State) bool { return s.Exits >= 4 })
	if err != nil || s.Last != "exited with status 2" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestOneShotIsNotStartedAgain(t *testing.T) {
	t.Parallel()
	var out buffer
	spec := shell("echo once")
	spec.Output = &out
	u := launcher(t).Supervise(process.Config{Spec: spec, OneShot: true, Timing: quick()})
	if _, err := u.Await(t.Context(), func(s process.State) bool { return s.Phase == process.Complete }); err != nil {
		t.Fatal(err)
	}
	u.Stop()
	if out.String() != "once\n" {
		t.Errorf("it wrote %q", out.String())
	}
	if s := u.State(); s.Phase != process.Stopped {
		t.Errorf("after Stop it is %s", s.Phase)
	}
}

func TestReadinessComesAndGoes(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	ready := errors.New("warming up")
	set := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		ready = err
	}
	u := launcher(t).Supervise(process.Config{Spec: shell("exec sleep 1000"), Timing: quick(), Ready: func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		return ready
	}})
	defer u.Stop()
	await := func(phase process.Phase, probe string) {
		t.Helper()
		if s, err := u.Await(t.Context(), func(s process.State) bool { return s.Phase == phase && s.Probe == probe }); err != nil {
			t.Fatalf("%+v, %v", s, err)
		}
	}
	await(process.Starting, "warming up")
	set(nil)
	await(process.Ready, "")
	set(errors.New("busy"))
	await(process.Unready, "busy")
	set(nil)
	await(process.Ready, "")
	if s := u.State(); s.Exits != 0 {
		t.Errorf("it was started again: %+v", s)
	}
}

// TestOneProbeIsAMoment, and several in a row that fail are not.
func TestOneProbeIsAMoment(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	results, seen, failed := []bool{true, false, true, false, false, true}, 0, []int{}
	for range process.FailingProbes + 1 {
		results = append(results, false)
	}
	u := launcher(t).Supervise(process.Config{
		Spec: shell("exec sleep 1000"), Timing: quick(),
		Ready: func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			ok := results[min(seen, len(results)-1)]
			if seen++; !ok {
				return errors.New("busy")
			}
			return nil
		},
		OnChange: func(s process.State) {
			mu.Lock()
			defer mu.Unlock()
			if s.Phase != process.Unready {
				return
			}
			if failed = append(failed, s.Failed); s.IsFailing() != (s.Failed == process.FailingProbes) {
				t.Errorf("%+v", s)
			}
		},
	})
	defer u.Stop()
	if s, err := u.Await(t.Context(), process.State.IsFailing); err != nil {
		t.Fatalf("%+v, %v", s, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(failed) < 5 || !slices.Equal(failed[:5], []int{1, 1, 2, 1, 2}) {
		t.Errorf("in a row have failed %v", failed)
	}
}

func TestLivenessRestarts(t *testing.T) {
	t.Parallel()
	u := launcher(t).Supervise(process.Config{
		Spec: shell("exec sleep 1000"), Timing: quick(), Live: func(context.Context) error { return errors.New("dead") },
	})
	defer u.Stop()
	if s, err := u.Await(t.Context(), func(s process.State) bool { return s.Exits >= 2 }); err != nil {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	const marker = "test-sweep-target"
	stray := exec.Command("sleep", "1000")
	stray.Env = []string{process.Marker + "=" + marker + ".x"}
	if err := stray.Start(); err != nil {
		t.Fatal(err)
	}
	other := exec.Command("sleep", "1000")
	other.Env = []string{process.Marker + "=" + marker + "-2.x"}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Process.Kill() }()
	if n := process.Sweep(marker); n != 1 {
		t.Errorf("it has killed %d", n)
	}
	if err := stray.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the stray: %v", err)
	}
}
