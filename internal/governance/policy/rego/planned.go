package rego

import (
	"context"
	"errors"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	oparego "github.com/open-policy-agent/opa/v1/rego"
)

// planTarget is the target by which Open Policy Agent hands out its plans: policies as
// a list of simple steps, in place of bodies whose terms are unified.
const planTarget = "terrace"

// offered has the target be known, and the builtin functions be bounded, before anything
// is compiled: Open Policy Agent's lists of them are one for all, and it reads them unguarded.
var offered sync.Once //nolint:gochecknoglobals // see above

type plansKey struct{}

// plans is a rego.TargetPlugin that evaluates nothing: it gives what it is handed to
// who asked.
type plans struct{}

func (plans) IsTarget(name string) bool { return name == planTarget }

// PrepareForEval puts the plan where its context says.
func (plans) PrepareForEval(ctx context.Context, p *ir.Policy, _ ...oparego.PrepareOption) (oparego.TargetPluginEval, error) {
	if found, ok := ctx.Value(plansKey{}).(**ir.Policy); ok {
		*found = p
	}
	return plans{}, nil
}

func (plans) Eval(context.Context, *oparego.EvalContext, ast.Value) (ast.Value, error) {
	return nil, errors.New("plans are evaluated where they were asked for")
}

// planned is the program of rules, by their references. What cannot be planned is left
// to Rego.
func (s *Set) planned(ctx context.Context, data ast.Value, refs []ast.Ref) *program {
	defer s.compiler.WithEvalMode(ast.EvalModeTopdown) // planning sets another
	p := newProgram(data, s.native)
	if found, err := s.plan(ctx, refs); err == nil {
		p.add(found)
	} else {
		for _, ref := range refs { // one of them is to blame
			if found, err := s.plan(ctx, []ast.Ref{ref}); err == nil {
				p.add(found)
			}
		}
	}
	p.finish()
	return p
}

// plan plans rules, with all that they call.
func (s *Set) plan(ctx context.Context, refs []ast.Ref) (found *ir.Policy, err error) {
	terms := make([]*ast.Term, 0, len(refs))
	for _, ref := range refs {
		terms = append(terms, ast.NewTerm(ref))
	}
	query := ast.NewBody(ast.NewExpr(ast.ArrayTerm(terms...)))
	options := []func(*oparego.Rego){
		oparego.Compiler(s.compiler), oparego.Store(s.store), oparego.ParsedQuery(query), oparego.Target(planTarget),
	}
	if s.native {
		options = append(options, functions()...)
	}
	_, err = oparego.New(options...).PrepareForEval(context.WithValue(ctx, plansKey{}, &found))
	if err == nil && found == nil {
		err = errors.New("there is no plan")
	}
	return found, err
}
