package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// asDaemon makes the program of the test begin as the daemon does, and tell of it.
const asDaemon = "TERRACED_TEST_UNHURRIED"

func TestMain(m *testing.M) {
	if os.Getenv(asDaemon) == "" {
		os.Exit(m.Run())
	}
	unhurried()
	got, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	name, _ := os.ReadFile("/proc/self/comm")
	fmt.Println(got, err, os.Getpid(), strings.TrimSpace(string(name)), strings.Join(os.Args[1:], " "))
}

// nameMost is how much of a name the kernel keeps.
const nameMost = 15

// TestTheDaemonIsUnhurried starts it: it is the same process with the same arguments,
// and lists of processes show its name.
func TestTheDaemonIsUnhurried(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(self)
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "up", "--data", "a folder")
	cmd.Env = append(os.Environ(), asDaemon+"=1")
	out, err := cmd.Output()
	if want := fmt.Sprintf("%d <nil> %d %s up --data a folder\n", slack, cmd.Process.Pid, name[:min(len(name), nameMost)]); err != nil || string(out) != want {
		t.Errorf("%q, %v, want %q", out, err, want)
	}
}
