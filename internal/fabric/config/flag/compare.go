package flag

import (
	"math"
	"reflect"
	"strconv"
	"strings"
)

// equality makes == and the like: what is of another kind is another thing, and a list or an
// object is none that a rule can name, so that what a context has there is no error.
func equality(strict, equal bool) func(values, data any) any {
	return func(values, _ any) any {
		a, b, ok := two(values)
		if !ok {
			return false
		}
		if strict && reflect.TypeOf(a) != reflect.TypeOf(b) {
			return !equal
		}
		return same(a, b) == equal
	}
}

// order makes <= and >=, which are less or equal, and not neither.
func order(turned bool) func(values, data any) any {
	return func(values, _ any) any {
		list, _ := values.([]any)
		for i := 0; i+1 < len(list); i++ {
			a, b := list[i], list[i+1]
			if turned {
				a, b = b, a
			}
			if !upTo(a, b) {
				return false
			}
		}
		return len(list) > 1
	}
}

func upTo(a, b any) bool {
	left, isText := a.(string)
	right, both := b.(string)
	if isText && both {
		return left <= right
	}
	return number(a) <= number(b) // of what is no number, nothing is
}

// member is in: a part of a text, or one of a list.
func member(values, _ any) any {
	a, b, _ := two(values)
	switch in := b.(type) {
	case string:
		part, ok := a.(string)
		return ok && strings.Contains(in, part)
	case []any:
		for _, item := range in {
			span, isSpan := item.([]any) // from and to
			if a != nil && (same(a, item) || isSpan && len(span) == 2 && upTo(span[0], a) && upTo(a, span[1])) {
				return true
			}
		}
	}
	return false
}

func two(values any) (a, b any, ok bool) {
	list, _ := values.([]any)
	if len(list) < 2 {
		return nil, nil, false
	}
	return list[0], list[1], true
}

// same compares as JavaScript's == does, of which lists and objects are the same as nothing.
func same(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	switch left := a.(type) {
	case bool:
		right, ok := b.(bool)
		return ok && left == right
	case string:
		if right, ok := b.(string); ok {
			return left == right
		}
	case float64:
	default:
		return false
	}
	if _, isBool := b.(bool); isBool {
		return false
	}
	return number(a) == number(b)
}

// number is what a value is as a number, NaN for none.
func number(v any) float64 {
	switch v := v.(type) {
	case nil:
		return 0
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	case string:
		if strings.TrimSpace(v) == "" {
			return 0
		}
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return f
		}
	}
	return math.NaN()
}
