package rego

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	oparego "github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Decision is one rule that decides on each of many small inputs, such as requests. It is
// compiled with what policies may do, and may be used by many at once.
type Decision struct {
	query oparego.PreparedEvalQuery
	// Timeout and Memory bound one evaluation; Memory is by how much the heap may grow
	// while one takes longer than a moment, in bytes.
	Timeout time.Duration
	Memory  uint64
}

// CompileDecision compiles a module and prepares the query for its rule. Its error is of kind
// Invalid and has each mistake with line and column.
func CompileDecision(ctx context.Context, module policy.File, data map[string]any, rule string) (*Decision, error) {
	return inTime(ctx, func() (*Decision, error) { return compileDecision(ctx, module, data, rule) })
}

func compileDecision(ctx context.Context, module policy.File, data map[string]any, rule string) (*Decision, error) {
	prepareBuiltins()
	m, err := parseFile(module, ast.RegoV1)
	if err != nil {
		return nil, invalid(problemsOf(err))
	}
	compiler := ast.NewCompiler().WithCapabilities(capabilities(false))
	if compiler.Compile(map[string]*ast.Module{module.Name: m}); compiler.Failed() {
		return nil, invalid(problemsOf(compiler.Errors))
	}
	ref := m.Package.Path.Append(ast.StringTerm(rule))
	if len(compiler.GetRulesExact(ref)) == 0 {
		return nil, invalid([]kernel.Problem{{
			File: module.Name, Line: m.Package.Location.Row, Column: m.Package.Location.Col,
			Message: "there is no rule " + rule + " in " + m.Package.Path.String(), Fix: "write one: default " + rule + " := false",
		}})
	}
	if data == nil {
		data = map[string]any{}
	}
	query, err := oparego.New(
		oparego.Compiler(compiler), oparego.Store(inmem.NewFromObject(data)), oparego.ParsedQuery(ast.NewBody(ast.NewExpr(ast.NewTerm(ref)))),
		oparego.StrictBuiltinErrors(true),
	).PrepareForEval(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing %s: %w", rule, err)
	}
	return &Decision{query: query, Timeout: DefaultTimeout, Memory: DefaultMemory}, nil
}

// Eval evaluates the rule over an input; nil is undefined. What builtin functions meet is
// an error, and so is what takes too long or too much memory.
func (d *Decision) Eval(ctx context.Context, input ast.Value) (out any, err error) {
	defer func() {
		if p := recover(); p != nil { // of a value that Rego cannot have
			out, err = nil, fmt.Errorf("the rule failed: %v", p)
		}
	}()
	within, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	over, stop := d.watch(cancel)
	defer stop()
	found, err := d.query.Eval(within, oparego.EvalParsedInput(input))
	switch {
	case over.Load():
		return nil, fmt.Errorf("the rule took more than %d MiB of memory", d.Memory>>20)
	case err != nil && (topdown.IsCancel(err) || errors.Is(err, context.DeadlineExceeded)):
		return nil, fmt.Errorf("the rule took longer than %s", d.Timeout)
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, nil //nolint:nilnil // undefined
	}
	return found[0].Expressions[0].Value, nil
}

// watch looks at the heap once the evaluation lasts: the most take less than the first look.
func (d *Decision) watch(cancel context.CancelFunc) (over *atomic.Bool, stop func()) {
	over, base := &atomic.Bool{}, uint64(0)
	ended := make(chan struct{})
	timer := time.AfterFunc(often/4, func() {
		base = heapNow()
		tick := time.NewTicker(often / 4)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				if now := heapNow(); now > base && now-base > d.Memory {
					over.Store(true)
					cancel()
					return
				}
			}
		}
	})
	return over, func() {
		close(ended)
		timer.Stop()
	}
}
