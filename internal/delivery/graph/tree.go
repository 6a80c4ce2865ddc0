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
func compileTree(v any, path string, dependents []string, problem func(path, message string)) tree {
	switch v := v.(type) {
	case string:
		e, err := parseExpression(v)
		if err != nil {
			problem(path, err.message)
			return nil
		}
		if err := e.check(dependents); err != nil {
			problem(path, err.Error())
		}
		return e
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = compileTree(item, fmt.Sprintf("%s[%d]", path, i), dependents, problem)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for _, k := range sortedKeys(v) {
			out[k] = compileTree(v[k], path+"."+k, dependents, problem)
		}
		return out
	}
	return v
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// treeMentions adds the dependents that the tree names anywhere.
func treeMentions(t tree, into map[string]bool) {
	switch t := t.(type) {
	case expression:
		t.mentions(into)
	case []any:
		for _, item := range t {
			treeMentions(item, into)
		}
	case map[string]any:
		for _, item := range t {
			treeMentions(item, into)
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
