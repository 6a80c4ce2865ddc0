package rego

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// useNatives has the compiler call functions of the library in Go in place of those
// in Rego. What a call is named does not matter: its import was resolved before.
func useNatives(c *ast.Compiler) *ast.Compiler {
	return c.WithStageAfterID(ast.StageResolveRefs, ast.CompilerStageDefinition{
		Name: "CallNatives", MetricName: "compile_stage_call_natives", Stage: callNatives,
	})
}

func callNatives(c *ast.Compiler) *ast.Error {
	if e := foreign(c.Modules); e != nil {
		return e
	}
	if mocked(c.Modules) {
		return nil
	}
	all := natives()
	for _, m := range c.Modules {
		ast.WalkExprs(m, func(e *ast.Expr) bool {
			if terms, ok := e.Terms.([]*ast.Term); ok {
				e.Terms = call(all, terms)
			}
			return false
		})
		ast.WalkTerms(m, func(t *ast.Term) bool {
			if terms, ok := t.Value.(ast.Call); ok {
				t.Value = ast.Call(call(all, terms))
			}
			return false
		})
	}
	return nil
}

// call makes a call of a function in Rego one of that in Go. One that takes the
// result as its last argument stays.
func call(all map[string]native, terms []*ast.Term) []*ast.Term {
	ref, ok := terms[0].Value.(ast.Ref)
	if !ok || len(ref) == 0 {
		return terms
	}
	name, ours := strings.CutPrefix(ref.String(), planLibrary+".")
	n, known := all[name]
	if !ours || !known || len(n.args) != len(terms)-1 {
		return terms
	}
	terms[0] = ast.NewTerm((&ast.Builtin{Name: nativeName(name)}).Ref()).SetLocation(terms[0].Location)
	for _, more := range n.more {
		terms = append(terms, ast.NewTerm(ast.MustParseRef(more)).SetLocation(terms[0].Location))
	}
	return terms
}

// foreign finds a call of what is not there for policies: they would not compile
// elsewhere.
func foreign(modules map[string]*ast.Module) (found *ast.Error) {
	for _, m := range modules {
		ast.WalkRefs(m, func(ref ast.Ref) bool {
			if head, ok := ref[0].Value.(ast.Var); ok && head == "terrace" && strings.HasPrefix(ref.String(), nativeName("")) {
				found = ast.NewError(ast.TypeErr, ref[0].Location, "undefined function %v", ref)
			}
			return found != nil
		})
	}
	return found
}

// mocked reports whether a module replaces what is in the library: then it is
// evaluated as it stands.
func mocked(modules map[string]*ast.Module) bool {
	found := false
	for _, m := range modules {
		ast.WalkWiths(m, func(w *ast.With) bool {
			text := w.Target.String()
			found = found || text == "data" || strings.HasPrefix(text, "data.terrace")
			return found
		})
	}
	return found
}
