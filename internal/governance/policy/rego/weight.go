package rego

import "github.com/open-policy-agent/opa/v1/ast"

// fits reports whether a value takes no more bytes as a text than it may.
func fits(t *ast.Term, most int) bool { return weight(t, most) <= most }

// weight is about how many bytes a value takes as a text; it tells a little more than
// the most that may be where they are more.
func weight(t *ast.Term, most int) int { return scale{most, map[*ast.Term]int{}}.weigh(t) }

// scale weighs what is in several places of a value once.
type scale struct {
	most  int
	known map[*ast.Term]int
}

func (s scale) weigh(t *ast.Term) int {
	switch v := t.Value.(type) {
	case ast.String:
		return len(v)
	case ast.Number:
		return len(v)
	case *ast.Array, ast.Set, ast.Object:
	default:
		return 1
	}
	if total, known := s.known[t]; known {
		return total
	}
	total := 2
	add := func(t *ast.Term) bool {
		total = min(total+s.weigh(t)+2, s.most+1)
		return total > s.most
	}
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Until(add)
	case ast.Set:
		v.Until(add)
	case ast.Object:
		v.Until(func(key, value *ast.Term) bool { return add(key) || add(value) })
	}
	s.known[t] = total
	return total
}

// told is a value as Go has it, where that is not too much.
func told(v ast.Value) (any, error) {
	if err := writable([]*ast.Term{{Value: v}}); err != nil {
		return nil, err
	}
	return ast.JSONWithOpt(v, ast.JSONOpt{})
}
