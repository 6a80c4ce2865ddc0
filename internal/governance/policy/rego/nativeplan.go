package rego

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

// The functions of policies/lib/plan.rego, which says what each is for. r is a
// resource, and a path is a list of keys and numbers.

func value(args []*ast.Term) (*ast.Term, error) {
	r, path, fallback := args[0], args[1], args[2]
	if v := held(r, path); v != nil {
		return v, nil
	}
	if unknown(r, path) {
		return nil, nil //nolint:nilnil // undefined
	}
	return fallback, nil
}

func certain(args []*ast.Term) (*ast.Term, error) {
	r, path, fallback := args[0], args[1], args[2]
	if v := held(r, path); v != nil {
		return v, nil
	}
	if unknown(r, path) {
		return ast.InternedTerm("(known after the apply)"), nil
	}
	return fallback, nil
}

func former(args []*ast.Term) (*ast.Term, error) {
	before := part(args[0], keyBefore)
	if !isObject(before) {
		return nil, nil //nolint:nilnil // undefined
	}
	return something(at(before, args[1]), args[2]), nil
}

func orElse(args []*ast.Term) (*ast.Term, error) { return something(args[0], args[1]), nil }

func something(v, fallback *ast.Term) *ast.Term {
	if v == nil || isNull(v) {
		return fallback
	}
	return v
}

// held is what r has at the path, nil where that is nothing or null.
func held(r, path *ast.Term) *ast.Term {
	if v := at(part(r, keyValues), path); v != nil && !isNull(v) {
		return v
	}
	return nil
}

func unknown(r, path *ast.Term) bool {
	steps, ok := path.Value.(*ast.Array)
	if !ok || steps.Len() == 0 {
		return false
	}
	all := part(r, keyUnknown)
	if all == nil || !isTrue(all.Get(steps.Elem(0))) {
		return false
	}
	for n, at := 0, all; n < steps.Len() && at != nil; n++ {
		if at = at.Get(steps.Elem(n)); at != nil && isBoolean(at, true) {
			return !omitted(r, all, steps)
		}
	}
	return false
}

// omitted: the configuration does not say anything at the path.
func omitted(r, unknown *ast.Term, steps *ast.Array) bool {
	expressions := part(part(r, keyConfiguration), keyExpressions)
	if !isObject(expressions) {
		return false
	}
	path := ast.NewTerm(steps)
	if said := at(expressions, path); said != nil && !isNull(said) {
		return false
	}
	first := steps.Elem(0)
	if mark := unknown.Get(first); mark != nil && isBoolean(mark, true) && !isTrue(expressions.Get(first)) {
		return true
	}
	if steps.Len() < 2 {
		return false
	}
	around := at(expressions, ast.NewTerm(steps.Slice(0, steps.Len()-1)))
	return around != nil && !isNull(around)
}

func present(r, path *ast.Term) bool {
	if v, _ := value([]*ast.Term{r, path, ast.NullTerm()}); v != nil && !isNothing(v) {
		return true
	}
	all := part(r, keyUnknown)
	if !isObject(all) {
		return false
	}
	mark := at(all, path)
	if mark == nil || isBoolean(mark, false) || isEmpty(mark) {
		return false
	}
	steps, ok := path.Value.(*ast.Array)
	return !ok || steps.Len() == 0 || !omitted(r, all, steps)
}

func named(args []*ast.Term) (*ast.Term, error) {
	var first *ast.Term
	each(args[1], func(path *ast.Term) {
		if first == nil && present(args[0], path) {
			first = path
		}
	})
	if first == nil {
		first = args[1].Get(ast.InternedTerm(0))
	}
	return first, nil
}

func spread(r, path *ast.Term) bool {
	list, _ := value([]*ast.Term{r, path, ast.InternedEmptyArray})
	if list == nil {
		return false
	}
	found := ast.NewSet()
	each(list, func(v *ast.Term) { found.Add(v) })
	return found.Len() > 1
}

func blocks(args []*ast.Term) (*ast.Term, error) {
	v, _ := value([]*ast.Term{args[0], args[1], ast.InternedEmptyArray})
	switch {
	case v == nil:
		return nil, nil //nolint:nilnil // undefined
	case isObject(v):
		return ast.ArrayTerm(v), nil
	case isArray(v):
		return v, nil
	default:
		return nil, nil //nolint:nilnil // undefined
	}
}

func location(args []*ast.Term) (*ast.Term, error) {
	v, _ := value([]*ast.Term{args[0], ast.ArrayTerm(keyLocation), ast.InternedEmptyString})
	if v == nil {
		return nil, nil //nolint:nilnil // undefined
	}
	text, ok := v.Value.(ast.String)
	if !ok {
		return nil, builtins.NewOperandTypeErr(1, v.Value, "string")
	}
	return ast.StringTerm(strings.ToLower(strings.ReplaceAll(string(text), " ", ""))), nil
}

func taggable(args []*ast.Term) (*ast.Term, error) {
	r := args[0]
	if values := part(r, keyValues); isObject(values) {
		if tags := part(values, keyTags); tags != nil && !isBoolean(tags, false) {
			return yes(true), nil
		}
	}
	return yes(isTrue(part(part(r, keyUnknown), keyTags))), nil
}

func tags(args []*ast.Term) (*ast.Term, error) {
	r := args[0]
	values := part(r, keyValues)
	if own := part(values, keyTags); isObject(own) && !isTrue(part(values, keyTagsAll)) {
		return own, nil
	}
	all, own := documentAt(r, "tags_all"), documentAt(r, "tags")
	if all == nil || own == nil {
		return nil, nil //nolint:nilnil // undefined
	}
	united, _ := all.MergeWith(own, uniting)
	return ast.NewTerm(united), nil
}

// uniting is what object.union makes of two values of a key.
func uniting(a, b *ast.Term) (*ast.Term, bool) {
	before, ok := a.Value.(ast.Object)
	after, also := b.Value.(ast.Object)
	if !ok || !also {
		return b, false
	}
	united, _ := before.MergeWith(after, uniting)
	return ast.NewTerm(united), false
}

// documentAt is the object that r has there, an empty one where it has another
// value, and nil where that is only known after the apply.
func documentAt(r *ast.Term, name string) ast.Object {
	v, _ := value([]*ast.Term{r, ast.ArrayTerm(ast.InternedTerm(name)), ast.InternedEmptyObject})
	if v == nil {
		return nil
	}
	if o, ok := v.Value.(ast.Object); ok {
		return o
	}
	return ast.NewObject()
}
