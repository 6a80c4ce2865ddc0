package rego

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
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
	input, err := inputOf(in)
	if err != nil {
		return policy.Report{}, err
	}
	guard := watch(o.Memory)
	defer guard.stop()
	e := s.evaluation(input, s.tasks(in.Types(), o))
	e.run(ctx, o, guard)
	if err := ctx.Err(); err != nil {
		return policy.Report{}, err
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

type worker struct {
	set     *Set
	options Options
	guard   *guard
	seen    map[*view]*sight
}

// sight is a view as one worker has it, with what the library found out about it.
type sight struct {
	input ast.Value
	// whole is it as Rego takes it that puts other values in its place; nil until it is asked.
	whole        ast.Value
	cache        topdown.VirtualCache
	associations associations
	machine      *machine
}

// see returns what the worker has of a view.
func (w *worker) see(v *view) *sight {
	if w.seen[v] == nil {
		w.seen[v] = &sight{input: ast.LazyObject(v.document()), cache: topdown.NewVirtualCache(), associations: associations{}}
	}
	return w.seen[v]
}

// asked is what Rego is asked about. Where policies put other values in the place of the
// input, it is a value that Rego can copy: of one that is made as it is read it takes
// the very same, and would change what all others are asked about.
func (w *worker) asked(of *view, s *sight) (ast.Value, error) {
	if !w.set.replaces || s.whole != nil {
		return cmp.Or(s.whole, s.input), nil
	}
	whole, err := ast.InterfaceToValue(of.document())
	if err != nil {
		return nil, fmt.Errorf("the input: %w", err)
	}
	s.whole = whole
	return whole, nil
}

func (w *worker) do(ctx context.Context, t *task) {
	defer func() {
		if p := recover(); p != nil { // of a value that Rego cannot have; it must pass nothing, and end nothing else
			t.results, t.fresh = []policy.Result{t.failed(fmt.Sprint(p))}, nil
		}
	}()
	found, wrong, err := w.find(ctx, t)
	if err != nil {
		t.results, t.fresh, t.cause = []policy.Result{t.failed(w.reason(err))}, nil, w.cause(err)
		return
	}
	t.results = t.read(found)
	t.judge(wrong)
	query, excepts := w.set.exceptions[t.rule.Package]
	if len(t.results) == 0 || !excepts {
		return
	}
	exceptions, _, err := w.ask(ctx, query, t.whole)
	if err != nil {
		t.results = append(t.results, t.failed("its exceptions: "+w.reason(err)))
		return
	}
	t.except(exceptions)
}

// find is what a policy says, now and before.
func (w *worker) find(ctx context.Context, t *task) (found any, wrong []topdown.Error, err error) {
	if t.view == nil {
		return t.known, nil, nil
	}
	found, wrong, err = w.say(ctx, t)
	if err != nil || !t.rule.single {
		return found, wrong, err
	}
	now, _ := found.([]any)
	if len(wrong) == 0 {
		t.fresh = byAddress(now)
	}
	return ordered(append(t.known, now...)), wrong, nil
}

// say evaluates a rule by its program, and asks Rego where that does not say everything.
func (w *worker) say(ctx context.Context, t *task) (any, []topdown.Error, error) {
	if t.rule.planned != nil {
		found, err := w.run(ctx, t.rule.planned, t.view)
		if !errors.Is(err, errAsk) {
			return found, nil, err
		}
	}
	return w.ask(ctx, t.rule.query, t.view)
}

// run evaluates a rule within its bounds.
func (w *worker) run(ctx context.Context, f *function, of *view) (any, error) {
	s := w.see(of)
	within, cancel := context.WithTimeout(ctx, w.options.Timeout)
	defer cancel()
	defer w.guard.hold(cancel)()
	if s.machine == nil {
		s.machine = w.set.machine(s.input, w.options.Now)
	}
	v, err := s.machine.run(context.WithValue(within, associationsKey{}, s.associations), f)
	if err == nil {
		err = w.guard.err()
	}
	if err != nil {
		s.machine = nil // it may hold what was not evaluated to its end
		return nil, err
	}
	if v == nil {
		return nil, nil //nolint:nilnil // undefined
	}
	return told(v.Value)
}

// machine runs the program of the set over an input.
func (s *Set) machine(input ast.Value, now time.Time) *machine {
	m := newMachine(s.program, input)
	m.builtins.Time = ast.NumberTerm(json.Number(strconv.FormatInt(now.UnixNano(), 10)))
	m.builtins.Metrics, m.builtins.Cache, m.builtins.Capabilities = metrics.NoOp(), builtins.Cache{}, s.compiler.Capabilities()
	return m
}

// ask evaluates one query within its bounds. It returns nil where the query is undefined.
func (w *worker) ask(ctx context.Context, query oparego.PreparedEvalQuery, of *view) (any, []topdown.Error, error) {
	s := w.see(of)
	within, cancel := context.WithTimeout(ctx, w.options.Timeout)
	defer cancel()
	defer w.guard.hold(cancel)()
	input, err := w.asked(of, s)
	if err != nil {
		return nil, nil, err
	}
	var wrong []topdown.Error
	found, err := query.Eval(context.WithValue(within, associationsKey{}, s.associations),
		oparego.EvalParsedInput(input), oparego.EvalTime(w.options.Now),
		oparego.EvalVirtualCache(s.cache), oparego.EvalBuiltinErrorList(&wrong))
	if err == nil {
		err = w.guard.err()
	}
	if err != nil {
		s.cache = topdown.NewVirtualCache() // it may hold what was not evaluated to its end
		return nil, nil, err
	}
	if slices.ContainsFunc(wrong, fails) {
		s.cache = topdown.NewVirtualCache() // it has what failed as undefined, and would tell the next policy so without the error
	}
	if len(found) == 0 {
		return nil, wrong, nil
	}
	return found[0].Expressions[0].Value, wrong, nil
}

// cause says why a policy could not be evaluated, where that need not be its fault.
func (w *worker) cause(err error) string {
	if over := w.guard.err(); over != nil {
		return over.Error()
	}
	if topdown.IsCancel(err) || errors.Is(err, context.DeadlineExceeded) {
		return "each took longer than " + w.options.Timeout.String()
	}
	return ""
}

// reason says why a policy could not be evaluated.
func (w *worker) reason(err error) string {
	if over := w.guard.err(); over != nil {
		return over.Error()
	}
	if topdown.IsCancel(err) || errors.Is(err, context.DeadlineExceeded) {
		return "it took longer than " + w.options.Timeout.String()
	}
	if e, ok := errors.AsType[*topdown.Error](err); ok {
		return kernel.Problem{File: e.Location.File, Line: e.Location.Row, Column: e.Location.Col, Message: e.Message}.String()
	}
	return err.Error()
}
