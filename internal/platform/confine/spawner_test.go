package confine_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// spawner starts programs by a helper of its own.
func spawner(t *testing.T) *confine.Spawner {
	t.Helper()
	need(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	helper := filepath.Join(t.TempDir(), fmt.Sprintf("h%d", time.Now().UnixNano()%1e12)) // lists of processes tell it from others
	if err := os.Link(self, helper); err != nil {
		t.Skip(err)
	}
	s := &confine.Spawner{Helper: helper}
	t.Cleanup(s.Close)
	return s
}

// zombies are how many processes of a program have ended and nobody has waited for them.
func zombies(t *testing.T, program string) (n int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		text, _ := os.ReadFile(path) // of a process that has ended by now
		if strings.Contains(string(text), "("+program+") Z ") {
			n++
		}
	}
	return n
}

// spawned runs a script as sh does, by the spawner.
func spawned(t *testing.T, s *confine.Spawner, before func(int) error, script string) (string, error) {
	t.Helper()
	p, data, work := place(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", script, "sh", data)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = work, []string{"PATH=/usr/bin:/bin", "MARK=zero", "MARK=one"}, w, w
	err = s.Start(p, cmd, before)
	_ = w.Close()
	if err != nil {
		return "", errors.Join(err, r.Close())
	}
	out, readErr := io.ReadAll(r)
	return strings.TrimSpace(string(out)), errors.Join(readErr, cmd.Wait(), r.Close())
}

func passes(int) error { return nil }

func TestASpawnerStartsInThePlace(t *testing.T) {
	t.Parallel()
	s := spawner(t)
	for script, want := range map[string]string{
		"cat $1/keys/kek 2>/dev/null || echo hidden": "hidden",
		"cat $1/mirror/provider":                     "content",
		"echo x > own && cat own":                    "x",
		"echo $$ $MARK":                              "1 one",
		"[ -e /proc/1/fd/3 ] || echo closed":         "closed", // the gate
		"cut -d' ' -f6 /proc/1/stat":                 "1",      // a session of its own
	} {
		if got, err := spawned(t, s, passes, script); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", script, got, err, want)
		}
	}
	var exit *exec.ExitError
	if _, err := spawned(t, s, passes, "exit 7"); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("it is no child of who waits for it: %v", err)
	}
}

func TestNothingBeginsBeforeItPasses(t *testing.T) {
	t.Parallel()
	s, kept, pid := spawner(t), errors.New("kept out"), 0
	_, err := spawned(t, s, func(child int) error { pid = child; return kept }, "exec sleep 1000")
	if !errors.Is(err, kept) || syscall.Kill(pid, 0) == nil {
		t.Errorf("%v, and the process %d is there", err, pid)
	}
}

// TestASpawnerThatWasEndedIsReplaced ends its small process from outside.
func TestASpawnerThatWasEndedIsReplaced(t *testing.T) {
	t.Parallel()
	s := spawner(t)
	for range 2 {
		if got, err := spawned(t, s, passes, "echo on"); err != nil || got != "on" {
			t.Fatalf("%q, %v", got, err)
		}
		pid := small(t, s.Helper)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	if pid := small(t, s.Helper); pid != 0 {
		t.Errorf("%d lives on", pid)
	}
}

// TestWhatItStartedSurvivesIt ends the small process while a program of it runs.
func TestWhatItStartedSurvivesIt(t *testing.T) {
	t.Parallel()
	s := spawner(t)
	p, _, work := place(t)
	door := filepath.Join(work, "door")
	if err := syscall.Mkfifo(door, 0o600); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `read word < door; echo "it heard $word"; exit 7`)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = work, []string{"PATH=/usr/bin:/bin"}, w, w
	err = s.Start(p, cmd, passes)
	_ = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(small(t, s.Helper), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got, err := spawned(t, s, passes, "echo on"); err != nil || got != "on" { // by another one
		t.Fatalf("%q, %v", got, err)
	}
	if err := os.WriteFile(door, []byte("on\n"), 0); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(out) != "it heard on\n" {
		t.Errorf("%q, %v", out, err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Error(err)
	}
}

// TestWhatCouldNotBeStartedIsBuried holds that nothing stays of programs that ended
// before they began, and that those which run are waited for by their own.
func TestWhatCouldNotBeStartedIsBuried(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid())); err != nil {
		t.Skip("the kernel does not tell what a thread began: ", err)
	}
	s := spawner(t)
	p, _, work := place(t)
	start := func(dir string) (*exec.Cmd, error) {
		null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "exit 7")
		cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, []string{"PATH=/usr/bin:/bin"}, null, null
		err = s.Start(p, cmd, passes)
		return cmd, errors.Join(err, null.Close())
	}
	runs, err := start(work)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := start(filepath.Join(work, "nowhere")); err == nil {
			t.Fatal("it was started in a folder that is not there")
		}
	}
	if n := zombies(t, filepath.Base(s.Helper)); n != 0 {
		t.Errorf("%d have ended and are there", n)
	}
	var exit *exec.ExitError
	if err := runs.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("somebody else has waited for it: %v", err)
	}
	s.Close()
	if n := zombies(t, filepath.Base(s.Helper)); n != 0 {
		t.Errorf("%d are there in the end", n)
	}
}

// TestAStuckSpawnerEnds stops its small process, which does nothing any longer then.
func TestAStuckSpawnerEnds(t *testing.T) {
	t.Parallel()
	s := spawner(t)
	if _, err := spawned(t, s, passes, "true"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(small(t, s.Helper), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if pid := small(t, s.Helper); pid != 0 {
		t.Errorf("%d lives on", pid)
	}
}

// small is the process of a helper, 0 for none.
func small(t *testing.T, helper string) int {
	t.Helper()
	programs, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		if path, err := os.Readlink(program); err == nil && path == helper {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(program)))
			return pid
		}
	}
	return 0
}

func TestASpawnerWithoutAHelperSaysSo(t *testing.T) {
	t.Parallel()
	if _, err := spawned(t, &confine.Spawner{Helper: "/nonexistent"}, passes, "true"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if _, err := spawned(t, &confine.Spawner{Helper: "/bin/true"}, passes, "true"); err == nil {
		t.Error("a program that does not answer helps")
	}
}

func TestWhatIsStartedIsPunctual(t *testing.T) {
	t.Parallel()
	s := spawner(t)
	_, err := spawned(t, s, func(pid int) error {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/timerslack_ns", pid))
		if err == nil && strings.TrimSpace(string(raw)) != "500000" {
			return fmt.Errorf("its waits end %s ns late", raw)
		}
		return nil // who is no superuser may not read it
	}, "true")
	if err != nil {
		t.Error(err)
	}
}
