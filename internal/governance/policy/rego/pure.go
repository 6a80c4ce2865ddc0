package rego

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// isPure reports whether a rule reads nothing but its variables, data and constants,
// but for what is named in except, once.
func (s *single) isPure(r *ast.Rule, except map[string]bool) bool {
	ok, excepted := true, 0
	ast.WalkWiths(r, func(*ast.With) bool { ok = false; return true })
	ast.WalkExprs(r, func(e *ast.Expr) bool {
		ok = ok && (!e.IsCall() || !changes(e.Operator().String()))
		return !ok
	})
	ast.WalkRefs(r, func(ref ast.Ref) bool {
		if except[ref.String()] {
			excepted++
			return false
		}
		ok = ok && s.reads(ref)
		return !ok
	})
	return ok && excepted == len(except)
}

// reads reports whether what a reference reads is the same for every input.
func (s *single) reads(ref ast.Ref) bool {
	switch {
	case ast.InputRootDocument.Equal(ref[0]):
		return false
	case !ast.DefaultRootDocument.Equal(ref[0]):
		return true
	}
	for _, r := range s.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{IncludeHiddenModules: true}) {
		if !s.known(r) {
			return false
		}
	}
	return true
}

func (s *single) known(r *ast.Rule) bool {
	if pure, asked := s.pure[r]; asked {
		return pure
	}
	s.pure[r] = true // no rule depends on itself
	s.pure[r] = s.isPure(r, nil)
	return s.pure[r]
}

// changes reports whether a builtin function may answer differently from one time to
// the next.
func changes(name string) bool {
	if slices.Contains([]string{"crypto.x509.parse_and_verify_certificates", "crypto.x509.parse_and_verify_certificates_with_options"}, name) {
		return true
	}
	b, known := ast.BuiltinMap[name]
	return known && b.Nondeterministic
}
