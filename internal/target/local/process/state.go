package process

import (
	"context"
	"sync"
)

// Phase is where a supervised process is in its life.
type Phase string

// The phases.
const (
	// Starting: it runs, and is not ready yet.
	Starting Phase = "starting"
	// Ready: it runs, and its probe has succeeded.
	Ready Phase = "ready"
	// Unready: it was ready, and its probe fails now.
	Unready Phase = "unready"
	// Waiting: it has ended, and waits to be started again.
	Waiting Phase = "waiting"
	// Complete: a one-shot process that has ended with success.
	Complete Phase = "complete"
	// Stopped: it was told to stop, and is gone.
	Stopped Phase = "stopped"
)

// State is what is known about a supervised process.
type State struct {
	Phase Phase
	PID   int
	// Exits counts how often the process has ended by itself.
	Exits int
	// Last is how it ended the last time; "" if it has not, or could not be started.
	Last string
	// Probe is what the last probe found wrong, "" when it succeeded.
	Probe string
	// Failed is how many probes in a row have failed since it was ready, FailingProbes at most.
	Failed int
}

// IsReady reports whether the process serves, or has completed.
func (s State) IsReady() bool { return s.Phase == Ready || s.Phase == Complete }

// IsFailing reports whether the process was ready, and has not been for several probes in a row:
// one that fails once may be a matter of a moment.
func (s State) IsFailing() bool { return s.Phase == Unready && s.Failed >= FailingProbes }

// cell holds a state that others can wait on.
type cell struct {
	mu      sync.Mutex
	state   State
	changed chan struct{}
	notify  func(State)
}

func newCell(notify func(State)) *cell {
	return &cell{state: State{Phase: Starting}, changed: make(chan struct{}), notify: notify}
}

func (c *cell) update(change func(*State)) {
	c.mu.Lock()
	before := c.state
	change(&c.state)
	after := c.state
	if after != before {
		close(c.changed)
		c.changed = make(chan struct{})
	}
	c.mu.Unlock()
	if after != before && c.notify != nil {
		c.notify(after)
	}
}

func (c *cell) get() (State, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state, c.changed
}

// await returns the first state that satisfies enough, or ctx's error with the state at hand.
func (c *cell) await(ctx context.Context, enough func(State) bool) (State, error) {
	for {
		s, changed := c.get()
		if enough(s) {
			return s, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s, ctx.Err()
		}
	}
}
