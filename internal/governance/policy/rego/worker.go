package rego

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

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
	defer t.begun.start()()
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
