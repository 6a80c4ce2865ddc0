package graph

import (
	"fmt"
	"maps"
	"slices"
)

// tree is a value of a definition whose strings are expressions: an
// expression, []any and map[string]any of trees, or any other value as it is.
type tree any

// compileTree turns the strings of v into expressions and calls problem for
// each that is wrong.
func compileTree(v any, path string, at place, problem func(path, message string)) tree {
	switch v := v.(type) {
	case string:
		e, err := parseExpression(v)
		if err != nil {
			problem(path, err.message)
			return nil
		}
		if err := e.check(at); err != nil {
			problem(path, err.Error())
		}
		return e
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = compileTree(item, fmt.Sprintf("%s[%d]", path, i), at, problem)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range sortedKeys(v) {
			out[k] = compileTree(v[k], path+"."+k, at, problem)
		}
		return out
	}
	return v
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// treeMentions adds the dependents that the tree names anywhere.
func treeMentions(t tree, into map[string]bool) {
	walkTerms(t, func(t term) {
		if len(t.path) > 1 && t.path[0] == "resources" {
			into[t.path[1]] = true
		}
	})
}

// walkTerms calls fn for every term of the tree, defaults included.
func walkTerms(t tree, fn func(term)) {
	switch t := t.(type) {
	case expression:
		for _, term := range t {
			fn(term)
			walkTerms(term.fallback, fn)
		}
	case []any:
		for _, item := range t {
			walkTerms(item, fn)
		}
	case map[string]any:
		for _, item := range t {
			walkTerms(item, fn)
		}
	}
}

// walkTemplates calls fn for every template in a value.
func walkTemplates(v any, fn func(Template)) {
	switch v := v.(type) {
	case Template:
		fn(v)
	case []any:
		for _, item := range v {
			walkTemplates(item, fn)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			walkTemplates(v[k], fn)
		}
	}
}
