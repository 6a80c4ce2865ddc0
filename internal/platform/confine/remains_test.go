package confine_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// asDaemon has the folder of a process that this test starts and kills.
const asDaemon = "CONFINE_TEST_DAEMON"

// daemon has something started in a place, says so, and waits for its end: to be killed,
// or to be told that it may go.
func daemon(folder string) int {
	s := &confine.Spawner{Remains: confine.Remains{Folder: filepath.Join(folder, "runs"), Name: "plan", Lock: filepath.Join(folder, "lock")}}
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR, 0)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
	}
	cmd := exec.Command("/bin/sleep", "1000")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err = errors.Join(err, s.Start(confine.Place{}, cmd, func(int) error { return nil })); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("started")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	s.Close()
	return 0
}

// TestWhatAKilledProcessLeavesIsRemoved, and what it left that had time to clear away, or
// what is the next one's, is not.
func TestWhatAKilledProcessLeavesIsRemoved(t *testing.T) {
	t.Parallel()
	need(t)
	for name, c := range map[string]struct {
		end  func(t *testing.T, p *exec.Cmd, folder string, in *os.File)
		stay bool
	}{
		"killed": {end: func(t *testing.T, p *exec.Cmd, _ string, _ *os.File) {
			t.Helper()
			ok(t, p.Process.Kill())
		}},
		"killed, and another is there at once": {stay: true, end: func(t *testing.T, p *exec.Cmd, folder string, _ *os.File) {
			t.Helper()
			ok(t, os.Remove(filepath.Join(folder, "lock"))) // the killed one's lock is of another file
			lock, err := os.Create(filepath.Join(folder, "lock"))
			ok(t, err)
			ok(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
			t.Cleanup(func() { _ = lock.Close() })
			ok(t, p.Process.Kill())
		}},
		"ended": {stay: true, end: func(t *testing.T, _ *exec.Cmd, _ string, in *os.File) {
			t.Helper()
			_, err := in.WriteString("\n")
			ok(t, err)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			ok(t, os.MkdirAll(filepath.Join(folder, "runs", "one"), 0o700))
			plan, state := filepath.Join(folder, "runs", "one", "plan"), filepath.Join(folder, "runs", "one", "errored.tfstate")
			for _, path := range []string{plan, state, filepath.Join(folder, "lock")} {
				ok(t, os.WriteFile(path, []byte("content"), 0o600))
			}
			p := exec.CommandContext(t.Context(), "/proc/self/exe")
			p.Env = append(os.Environ(), asDaemon+"="+folder)
			read, write, err := os.Pipe()
			ok(t, err)
			p.Stdin = read
			out, err := p.StdoutPipe()
			ok(t, err)
			ok(t, p.Start())
			if said, err := bufio.NewReader(out).ReadString('\n'); said != "started\n" {
				t.Fatalf("%q, %v", said, err)
			}
			small := childrenOf(t, p.Process.Pid)
			c.end(t, p, folder, write)
			_ = p.Wait() // it was killed
			ok(t, errors.Join(read.Close(), write.Close()))
			for deadline := time.Now().Add(time.Minute); slices.ContainsFunc(small, alive) && time.Now().Before(deadline); {
				time.Sleep(10 * time.Millisecond)
			}
			if _, err := os.Stat(plan); errors.Is(err, fs.ErrNotExist) == c.stay {
				t.Errorf("the plan: %v", err)
			}
			if _, err := os.Stat(state); err != nil {
				t.Errorf("the state, which is handed in later: %v", err)
			}
		})
	}
}

// childrenOf are the processes that a process has started, those that start others too.
func childrenOf(t *testing.T, pid int) (pids []string) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	ok(t, err)
	for _, list := range lists {
		text, err := os.ReadFile(list)
		ok(t, err)
		pids = append(pids, strings.Fields(string(text))...)
	}
	if len(pids) == 0 {
		t.Fatal("it has started nothing")
	}
	return pids
}

// alive reports whether a process has not ended.
func alive(pid string) bool {
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !strings.Contains(string(text), ") Z ")
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
