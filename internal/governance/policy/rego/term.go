package rego

import "github.com/open-policy-agent/opa/v1/ast"

// at is what is in v at a path, or at a key; nil where there is nothing.
func at(v, path *ast.Term) *ast.Term {
	if v == nil || !isObject(v) {
		return nil
	}
	steps, ok := path.Value.(*ast.Array)
	if !ok {
		return v.Get(path)
	}
	for i := 0; i < steps.Len() && v != nil; i++ {
		v = v.Get(steps.Elem(i))
	}
	return v
}

// part is what is in v at a key; nil where there is nothing.
func part(v, key *ast.Term) *ast.Term {
	if v == nil {
		return nil
	}
	return v.Get(key)
}

// each calls f for what is in a collection, as some … in does.
func each(v *ast.Term, f func(*ast.Term)) {
	switch v := v.Value.(type) {
	case *ast.Array:
		v.Foreach(f)
	case ast.Set:
		v.Foreach(f)
	case ast.Object:
		v.Foreach(func(_, item *ast.Term) { f(item) })
	}
}

func isNull(v *ast.Term) bool { _, ok := v.Value.(ast.Null); return ok }

func isArray(v *ast.Term) bool { _, ok := v.Value.(*ast.Array); return ok }

func isObject(v *ast.Term) bool {
	if v == nil {
		return false
	}
	_, ok := v.Value.(ast.Object)
	return ok
}

func isBoolean(v *ast.Term, want bool) bool {
	b, ok := v.Value.(ast.Boolean)
	return ok && bool(b) == want
}

// isTrue reports whether a reference to v holds: it is there and not false.
func isTrue(v *ast.Term) bool { return v != nil && !isBoolean(v, false) }

// isEmpty reports whether v is [] or {}.
func isEmpty(v *ast.Term) bool {
	switch v := v.Value.(type) {
	case *ast.Array:
		return v.Len() == 0
	case ast.Object:
		return v.Len() == 0
	default:
		return false
	}
}

// isNothing reports whether v is null, "", [] or {}.
func isNothing(v *ast.Term) bool {
	return isNull(v) || isEmpty(v) || v.Value.Compare(ast.String("")) == 0
}

func textOf(v *ast.Term) (string, bool) {
	if v == nil {
		return "", false
	}
	text, ok := v.Value.(ast.String)
	return string(text), ok
}
