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

// measured is how often a tree of processes is looked at; without an isolation
// that means all processes of the machine.
const (
	measured        = 100 * time.Millisecond
	measuredOutside = 300 * time.Millisecond
)

// Watch measures the tree until done is closed, and ends it when it takes too
// much, with an *Overrun as the cause.
func (b Bounds) Watch(tree Tree, done <-chan struct{}, exceed context.CancelCauseFunc) {
	if b.Memory == 0 && b.Processes == 0 {
		return
	}
	every := measured
	if !tree.Confined {
		every = measuredOutside
	}
	g := gauge{tree: tree}
	defer g.close()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		if over := b.over(g.use()); over != nil {
			exceed(over)
			tree.Kill()
			return
		}
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
