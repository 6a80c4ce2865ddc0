package confine

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	// reserved are the numbers of processes that the kernel gives to the first ones alone.
	reserved = 300
	// threads is how many each process of a place may have, all together.
	threads = 16
)

// limitTasks has the kernel refuse what would be far too many processes and threads in
// this place: processes that multiply are faster than who counts them. Since Linux 6.14
// a place has a highest number of its own; before, there is only the one of the machine.
func (p Place) limitTasks() error {
	if p.Processes <= 0 || !numbersOwn() {
		return nil
	}
	most := strconv.Itoa(reserved + threads*p.Processes)
	if err := os.WriteFile("/proc/sys/kernel/pid_max", []byte(most), 0o600); err != nil {
		return fmt.Errorf("bound the processes: %w", err)
	}
	return nil
}

// numbersOwn reports whether the kernel has a highest number for each place.
func numbersOwn() bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	var major, minor int
	_, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor)
	return err == nil && (major > 6 || major == 6 && minor >= 14)
}
