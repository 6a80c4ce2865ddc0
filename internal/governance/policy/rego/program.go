package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// program is what a machine runs: policies as Open Policy Agent plans them, with
// their calls bound and their constants made. What it says is what Rego says.
type program struct {
	data *ast.Term
	// natives are the functions in Go, by the names that calls have.
	natives   map[string]native
	functions map[string]*function
	size      int
}

// function is a rule or a function of Rego.
type function struct {
	number int
	params []ir.Local
	blocks []*ir.Block
	// size is how many locals it has.
	size int
	// loops says that it goes through something: what it said is kept.
	loops bool
	// lacks says that something is in it that machines do not do.
	lacks bool
	calls []*function
}

func newProgram(data ast.Value, inGo bool) *program {
	p := &program{data: ast.NewTerm(data), natives: map[string]native{}, functions: map[string]*function{}}
	if inGo {
		for name, n := range natives() {
			p.natives[nativeName(name)] = n
		}
	}
	return p
}

// add takes the functions of a plan; those of one that is there already are the same.
func (p *program) add(plan *ir.Policy) {
	var fresh []*ir.Func
	for _, f := range plan.Funcs.Funcs {
		if p.functions[f.Name] == nil {
			p.functions[f.Name] = &function{number: p.size, params: f.Params}
			p.size++
			fresh = append(fresh, f)
		}
	}
	texts := make([]*ast.Term, 0, len(plan.Static.Strings))
	for _, s := range plan.Static.Strings {
		texts = append(texts, ast.StringTerm(s.Value))
	}
	for _, f := range fresh {
		l := linker{program: p, texts: texts, function: p.functions[f.Name], result: f.Return}
		l.function.blocks = l.bodies(f.Blocks)
		for _, local := range append(f.Params, f.Return, ir.Data) {
			l.local(local)
		}
	}
}

// finish leaves to Rego what calls something that machines do not do.
func (p *program) finish() {
	for again := true; again; {
		again = false
		for _, f := range p.functions {
			for _, called := range f.calls {
				if called.lacks && !f.lacks {
					f.lacks, again = true, true
				}
			}
		}
	}
}

// rule is what a machine runs for a rule; nil where Rego has to be asked.
func (p *program) rule(ref ast.Ref) *function {
	f := p.functions["g0."+ref.String()]
	if f == nil || f.lacks || len(f.params) != 2 {
		return nil
	}
	return f
}

// builtin is a builtin function that may be called, nil where it may not: one that may
// answer differently from one time to the next, or prints.
func builtin(name string) topdown.BuiltinFunc {
	b, known := ast.BuiltinMap[name]
	if !known || changes(name) || b.Decl.Result() == nil {
		return nil
	}
	return topdown.GetBuiltin(name)
}
