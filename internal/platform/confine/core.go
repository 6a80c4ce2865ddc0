package confine

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// core is how large a core may be, in bytes: none is as small. With 0 the kernel would
// still hand cores to a program that collects them, with 1 it does neither.
const core = 1

// NoCore keeps what is in the memory of this process, and of all that it starts, from
// being written anywhere when one of them crashes: secrets are in it.
func NoCore() error {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &old); err != nil {
		return fmt.Errorf("forbid cores: %w", err)
	}
	most := min(core, old.Max)
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: most, Max: most}); err != nil {
		return fmt.Errorf("forbid cores: %w", err)
	}
	return nil
}
