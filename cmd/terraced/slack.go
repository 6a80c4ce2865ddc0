package main

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// slack is how late the kernel may end a wait, in nanoseconds. By default that is
// 50 µs: as long as anything happens in the process, the runtime of Go looks after it
// thousands of times a second, which was a sixth of what the daemon computed for a run.
const slack = 5_000_000

// unhurried lets the waits of this process end later. Threads have that from the one
// that started them, and the runtime has started some by now: so the process becomes
// the program once more, by its own path, which is what lists of processes show.
func unhurried() {
	runtime.LockOSThread() // what follows is about one thread
	defer runtime.UnlockOSThread()
	if has(slack) || unix.Prctl(unix.PR_SET_TIMERSLACK, slack, 0, 0, 0) != nil || !has(slack) {
		return
	}
	if path, err := os.Executable(); err == nil {
		_ = syscall.Exec(path, os.Args, os.Environ()) //nolint:gosec // itself; it may have been moved
	}
	_ = syscall.Exec("/proc/self/exe", os.Args, os.Environ()) //nolint:gosec // itself; where it cannot, it goes on as it is
}

func has(nanoseconds int) bool {
	got, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	return err == nil && got >= nanoseconds
}
