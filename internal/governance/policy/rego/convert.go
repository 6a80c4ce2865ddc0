package rego

import (
	"encoding/json"

	"github.com/open-policy-agent/opa/v1/ast"
)

// converter makes values of Rego, as ast.InterfaceToValue does, of what has the same
// keys again and again: it has the term of each.
type converter map[string]*ast.Term

func (c converter) value(v any) (ast.Value, error) {
	switch v := v.(type) {
	case string:
		return ast.String(v), nil
	case json.Number:
		if long(v) {
			return nil, tooLong()
		}
		return ast.InterfaceToValue(v)
	case []any:
		return c.list(v)
	case map[string]any:
		return c.object(v)
	default:
		return ast.InterfaceToValue(v)
	}
}

func (c converter) list(items []any) (ast.Value, error) {
	terms := make([]ast.Term, len(items))
	list := make([]*ast.Term, len(items))
	for i, item := range items {
		v, err := c.value(item)
		if err != nil {
			return nil, err
		}
		terms[i].Value, list[i] = v, &terms[i]
	}
	return ast.NewArray(list...), nil
}

func (c converter) object(o map[string]any) (ast.Value, error) {
	terms := make([]ast.Term, len(o))
	items := make([][2]*ast.Term, 0, len(o))
	for key, item := range o {
		v, err := c.value(item)
		if err != nil {
			return nil, err
		}
		term := &terms[len(items)]
		term.Value = v
		items = append(items, [2]*ast.Term{c.key(key), term})
	}
	return ast.NewObject(items...), nil
}

func (c converter) key(text string) *ast.Term {
	term := c[text]
	if term == nil {
		term = ast.StringTerm(text)
		c[text] = term
	}
	return term
}
