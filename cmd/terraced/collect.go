package main

import "runtime"

// reserve is how much is allocated between two collections of garbage at the least, in
// bytes. Of its own the runtime begins one whenever as much was allocated as is in use:
// that is little, and each of them looks through all of it.
const reserve = 64 << 20

// rarely collects garbage seldom while do works. What is reserved for that is never
// written, so that it takes addresses and no memory.
func rarely(do func() int) int {
	reserved := make([]byte, reserve)
	defer runtime.KeepAlive(reserved)
	return do()
}
