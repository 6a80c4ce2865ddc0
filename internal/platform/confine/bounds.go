package confine

import (
	"context"
	"fmt"
	"time"
)

// Bounds are what a tree of processes may take; 0 is no bound.
type Bounds struct {
	// Memory is in bytes; what processes share counts for each.
	Memory int64
	// Processes is how many there may be at once.
	Processes int
}

// Overrun is why a tree was ended: it took too much.
type Overrun struct {
	What string
	// Limit names the bound: memory, processes, output or disk.
	Limit string
}

// Error says what was too much.
func (o *Overrun) Error() string { return o.What }

// A tree of processes is looked at each measured; without an isolation that means all
// processes of the machine. One that takes less than 1/modest of its bounds has far to
// go, and is looked at less often.
const (
	measured        = 100 * time.Millisecond
	measuredModest  = 250 * time.Millisecond
	measuredOutside = 300 * time.Millisecond
	modest          = 8
)

// next is how long it takes until a tree that takes so much is looked at again.
func (b Bounds) next(u Use, confined bool) time.Duration {
	switch far := func(used, bound int64) bool { return bound == 0 || modest*used < bound }; {
	case !confined:
		return measuredOutside
	case far(u.Memory, b.Memory) && far(int64(u.Processes), int64(b.Processes)):
		return measuredModest
	default:
		return measured
	}
}

// Watch measures the tree until done is closed, and ends it when it takes too
// much, with an *Overrun as the cause.
func (b Bounds) Watch(tree Tree, done <-chan struct{}, exceed context.CancelCauseFunc) {
	if b.Memory == 0 && b.Processes == 0 {
		return
	}
	g := gauge{tree: tree}
	defer g.close()
	timer := time.NewTimer(b.next(Use(b), tree.Confined))
	defer timer.Stop()
	for {
		select {
		case <-done:
			return
		case <-timer.C:
		}
		use := g.use()
		if over := b.over(use); over != nil {
			exceed(over)
			tree.Kill()
			return
		}
		timer.Reset(b.next(use, tree.Confined))
	}
}

func (b Bounds) over(u Use) error {
	switch {
	case b.Memory > 0 && u.Memory > b.Memory:
		return &Overrun{What: fmt.Sprintf("its processes took %s of memory and may take %s", Size(u.Memory), Size(b.Memory)), Limit: "memory"}
	case b.Processes > 0 && u.Processes > b.Processes:
		return &Overrun{What: fmt.Sprintf("there were %d processes of it, and %d may be", u.Processes, b.Processes), Limit: "processes"}
	default:
		return nil
	}
}

// Size writes a number of bytes for people.
func Size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}
