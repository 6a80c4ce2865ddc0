// Package heap decides how seldom a process collects garbage.
//
// It owns one allocation that is never written. How much memory there is it knows from the
// process's cgroup, or else from the machine.
package heap

import (
	"runtime"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// How much is allocated between two collections of garbage at the least, in bytes: a share
// of the memory, within bounds.
const (
	share = 32
	least = 64 << 20
	most  = 256 << 20
)

// Rarely collects garbage seldom while do works, and returns what do does. Of its own the
// runtime begins a collection whenever as much was allocated as is in use: that is little,
// and each of them looks through all of it, while requests wait for a processor. What is
// reserved for that is never written, so that it takes addresses and no memory.
func Rarely(do func() int) int {
	memory, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)()
	if err != nil {
		memory = 0
	}
	reserved := make([]byte, Reserve(memory))
	defer runtime.KeepAlive(reserved)
	return do()
}

// Reserve returns how many bytes may become garbage before it is collected, where there
// are memory bytes; 0 says that nobody knows.
func Reserve(memory uint64) uint64 { return min(max(memory/share, least), most) }
