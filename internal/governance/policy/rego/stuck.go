package rego

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of what looks at no bound itself.
const (
	// patience is for how much longer than its timeout a policy may go on, which is asked
	// between its steps: some steps, such as comparing values that hold one another again
	// and again, nothing ends but themselves.
	patience = 2 * time.Second
	// MaxCompile bounds the compiling of a set.
	MaxCompile = 2 * time.Minute
)

// begun is since when a task is worked on; nothing while it is not.
type begun struct{ at atomic.Pointer[time.Time] }

func (b *begun) start() func() {
	now := time.Now()
	b.at.Store(&now)
	return func() { b.at.Store(nil) }
}

func (b *begun) longer(than time.Duration) bool {
	at := b.at.Load()
	return at != nil && time.Since(*at) > than
}

// attend runs the tasks, and leaves them behind where one of them goes on after its
// time, which it returns, or where ctx ends.
func (e *evaluation) attend(ctx context.Context, o Options, guard *guard) (stuck *task) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.run(ctx, o, guard)
	}()
	look := time.NewTicker(patience / 4)
	defer look.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return nil
		case <-look.C:
			for _, t := range e.tasks {
				if t.begun.longer(4*o.Timeout + patience) {
					e.set.leave(t, done)
					return t
				}
			}
		}
	}
}

// leave remembers that a task was left behind until it ends: the set is not asked
// meanwhile, as each time would leave another one.
func (s *Set) leave(t *task, ended <-chan struct{}) {
	if !s.stuck.CompareAndSwap(nil, t) {
		return
	}
	go func() {
		<-ended
		s.stuck.Store(nil)
	}()
}

// left is the task that was left behind, where its policy counts.
func (s *Set) left(o Options) *task {
	t := s.stuck.Load()
	if t == nil {
		return nil
	}
	if _, counts := o.Level(t.rule.Policy); !counts {
		return nil
	}
	return t
}

// stuck is what a set says while a policy of it does not come to an end: it blocks.
func (t *task) stuck(o Options) policy.Report {
	return policy.Report{
		Evaluated: []string{t.rule.ID},
		Results:   []policy.Result{t.failed(fmt.Sprintf("it took longer than %s, and goes on with a step that cannot be ended; no other policy of the set is asked until it has", o.Timeout))},
	}
}

// inTime ends with ctx, or after MaxCompile, what may go on by itself.
func inTime[T any](ctx context.Context, do func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	ended := make(chan outcome, 1)
	go func() {
		value, err := do()
		ended <- outcome{value, err}
	}()
	late := time.NewTimer(MaxCompile)
	defer late.Stop()
	var none T
	select {
	case o := <-ended:
		return o.value, o.err
	case <-ctx.Done():
		return none, fmt.Errorf("compiling the policies: %w", ctx.Err())
	case <-late.C:
		return none, kernel.Errorf(kernel.Invalid, "the policies were not compiled within %s", MaxCompile).
			WithFix("look for a rule whose value holds that of another one several times, and that one another")
	}
}
