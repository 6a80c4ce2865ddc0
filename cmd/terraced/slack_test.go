package main

import (
	"fmt"
	"os"
	"os/exec"
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
	fmt.Println(got, err, os.Getpid(), strings.Join(os.Args[1:], " "))
}

// TestTheDaemonIsUnhurried starts it: it is the same process with the same arguments.
func TestTheDaemonIsUnhurried(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "up", "--data", "a folder")
	cmd.Env = append(os.Environ(), asDaemon+"=1")
	out, err := cmd.Output()
	if want := fmt.Sprintf("%d <nil> %d up --data a folder\n", slack, cmd.Process.Pid); err != nil || string(out) != want {
		t.Errorf("%q, %v, want %q", out, err, want)
	}
}
