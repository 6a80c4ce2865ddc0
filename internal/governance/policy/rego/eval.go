package rego

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// The bounds of an evaluation where Options has none.
const (
	DefaultTimeout = 10 * time.Second
	DefaultMemory  = 1 << 30
	// few is of how many resources a worker is worth what it finds out itself.
	few = 32
	// MaxResults bounds what one policy says.
	MaxResults = 1_000
)

// Options is how a set is evaluated. The zero value is every policy at its own
// level, within the default bounds.
type Options struct {
	// Level returns the level of a policy here; false leaves it out. Nil is its own.
	Level func(policy.Policy) (policy.Level, bool)
	// Timeout bounds each policy.
	Timeout time.Duration
	// Memory bounds by how much the heap may grow while policies are evaluated, in bytes.
	Memory uint64
	// Parallel is how many policies are evaluated at once; as many as there are processors.
	Parallel int
	// Now is what policies take as the time.
	Now time.Time
}

func (o Options) complete() Options {
	if o.Level == nil {
		o.Level = func(p policy.Policy) (policy.Level, bool) { return p.Level, true }
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	if o.Parallel == 0 {
		o.Parallel = runtime.GOMAXPROCS(0)
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	return o
}

// Eval evaluates the policies of the set over an input. What a policy does wrong
// is in the report; the error is about the input, or says that ctx ended.
func (s *Set) Eval(ctx context.Context, in policy.Input, o Options) (policy.Report, error) {
	start, o := time.Now(), o.complete()
	if t := s.left(o); t != nil {
		return t.stuck(o), nil
	}
	input, err := inputOf(in)
	if err != nil {
		return policy.Report{}, err
	}
	guard := watch(o.Memory)
	defer guard.stop()
	e := s.evaluation(input, s.tasks(in.Types(), o))
	stuck := e.attend(ctx, o, guard)
	if err := ctx.Err(); err != nil {
		return policy.Report{}, err
	}
	if stuck != nil {
		return stuck.stuck(o), nil
	}
	e.remember()
	common, unknown := e.common()
	report := policy.Report{Evaluated: []string{}, Unknown: unknown, Results: []policy.Result{}}
	for _, t := range e.tasks {
		report.Evaluated = append(report.Evaluated, t.rule.ID)
		report.Results = append(report.Results, t.results...)
		report.Notices = append(report.Notices, t.notices...)
	}
	report.Results = append(report.Results, common...)
	report.Notices = append(report.Notices, s.notices...)
	report.Evaluated = slices.Compact(report.Evaluated)
	report.Sort()
	report.Took = time.Since(start)
	return report, nil
}

// task is one policy that is asked, and what it says.
type task struct {
	rule    rule
	level   policy.Level
	results []policy.Result
	notices []policy.Notice
	// view is what of the input it is asked about; nil where nothing is left to ask.
	view *view
	// known is what it said before of resources that the view does not have, and fresh
	// what it said now of those in it, where that may be kept.
	known []any
	fresh map[string][]any
	whole *view
	// cause is why it was not evaluated, where that may be the input's fault.
	cause string
	begun begun
}

// tasks are the policies that concern the types and are not off.
func (s *Set) tasks(types map[string]bool, o Options) []*task {
	var tasks []*task
	for _, r := range s.rules {
		if !r.Concerns(types) {
			continue
		}
		level, ok := o.Level(r.Policy)
		if r.Warns() {
			level = policy.Advisory
		}
		if ok {
			tasks = append(tasks, &task{rule: r, level: level})
		}
	}
	return tasks
}

// run evaluates the tasks, several at once. The policies that one worker asks
// share what the library found out about what they are asked about.
func (e *evaluation) run(ctx context.Context, o Options, guard *guard) {
	next := make(chan *task)
	var workers sync.WaitGroup
	for range min(o.Parallel, len(e.tasks), e.workers()) {
		workers.Go(func() {
			w := worker{set: e.set, options: o, guard: guard, seen: map[*view]*sight{}}
			for t := range next {
				w.do(ctx, t)
			}
		})
	}
	for _, t := range e.tasks {
		next <- t
	}
	close(next)
	workers.Wait()
}

// workers is how many are worth what each of them finds out itself.
func (e *evaluation) workers() int {
	if len(e.units) == 0 {
		return len(e.tasks) // it is no plan, and may be of any size
	}
	return 1 + len(e.units)/few
}
