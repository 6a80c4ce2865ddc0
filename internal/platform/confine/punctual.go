package confine

import "golang.org/x/sys/unix"

// late is how late the kernel may end a wait of what is started, in nanoseconds: ten
// times as late as by default spares the tool a part of its time, and workloads do not
// notice it.
const late = 500_000

// Punctual has what the calling thread starts wait no longer than that, whatever this
// process does itself. The thread is to be locked.
func Punctual() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, late, 0, 0, 0) } // where it cannot, they wait as this process does
