package rego

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// reading are the builtin functions that read documents out of texts. What they read is
// compared before anything counts with it, and to compare takes the square of its digits.
func reading() []string {
	return []string{ast.JSONUnmarshal.Name, ast.JWTDecode.Name, ast.JWTDecodeVerify.Name}
}

// reads is a builtin function that reads nothing in which a number is too long. A text
// that is no longer than such a number has none.
func reads(f topdown.BuiltinFunc) topdown.BuiltinFunc {
	return func(c topdown.BuiltinContext, args []*ast.Term, iter func(*ast.Term) error) error {
		return f(c, args, func(out *ast.Term) error {
			if text, ok := args[0].Value.(ast.String); ok && len(text) > MaxDigits && hasLong(out) {
				return tooLong()
			}
			return iter(out)
		})
	}
}

func hasLong(t *ast.Term) (found bool) {
	ast.WalkTerms(t, func(t *ast.Term) bool {
		n, ok := t.Value.(ast.Number)
		found = found || ok && digits(n) > MaxDigits
		return found
	})
	return found
}
