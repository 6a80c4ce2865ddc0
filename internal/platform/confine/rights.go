package confine

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// giveUp leaves the thread no right of a superuser, in this place or another,
// and no way to get one; it dies with who started it.
func giveUp() error {
	for c := range uintptr(64) {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, syscall.EINVAL) {
			break // the kernel has no more
		}
		if err != nil {
			return fmt.Errorf("give up rights: %w", err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up rights: %w", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("give up rights: %w", err)
	}
	return unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0)
}

// The resource limits of a single process, whoever it is.
const (
	maxFile  = 8 << 30
	maxFiles = 4096
)

// Bound sets the limits of the kernel for a process that has just started, and
// makes it the first to end when the machine runs out of memory.
func Bound(pid int) error {
	for resource, value := range map[int]uint64{unix.RLIMIT_CORE: core, unix.RLIMIT_FSIZE: maxFile, unix.RLIMIT_NOFILE: maxFiles} {
		var old unix.Rlimit
		if err := unix.Prlimit(pid, resource, nil, &old); err != nil {
			return fmt.Errorf("limit resources: %w", err)
		}
		value = min(value, old.Max)
		if err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: value, Max: value}, nil); err != nil {
			return fmt.Errorf("limit resources: %w", err)
		}
	}
	return sacrifice(pid)
}
