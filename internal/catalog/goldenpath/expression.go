package goldenpath

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	opening = "${{"
	closing = "}}"
)

// Expand replaces every ${{ expression }} of text with its value from scope.
// An expression is a path (parameters.name), a string, number or boolean,
// joined by or, and, not, ==, !=, and piped through filters: lower, upper,
// trim, dump (as JSON), replace("a", "b") and default("x"). A path that leads
// nowhere is an error, unless default or or follows. file names the text in errors.
func Expand(file, source string, scope map[string]any) (string, error) {
	var out strings.Builder
	rest := source
	for {
		before, after, found := strings.Cut(rest, opening)
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		expression, tail, closed := strings.Cut(after, closing)
		line := strings.Count(source[:len(source)-len(after)], "\n") + 1
		if !closed {
			return "", placed(file, line, "${{ has no }}", "close the expression")
		}
		v, err := evaluate(expression, scope)
		if err != nil {
			return "", placed(file, line, err.Error(), "")
		}
		s, err := asText(v)
		if err != nil {
			return "", placed(file, line, err.Error(), "add | dump to write it as JSON")
		}
		out.WriteString(s)
		rest = tail
	}
}

func placed(file string, line int, message, fix string) error {
	return kernel.Errorf(kernel.Invalid, "the golden path cannot be rendered").
		WithProblems(kernel.Problem{File: file, Line: line, Column: 1, Message: message, Fix: fix})
}

// value is like Expand, but an expression that is the whole text keeps its type.
func value(file, source string, scope map[string]any) (any, error) {
	trimmed := strings.TrimSpace(source)
	inner, ok := strings.CutPrefix(trimmed, opening)
	if ok && strings.Index(inner, closing) == len(inner)-len(closing) {
		v, err := evaluate(strings.TrimSuffix(inner, closing), scope)
		if err != nil {
			return nil, placed(file, 1, err.Error(), "")
		}
		if _, nothing := v.(missing); nothing {
			return nil, placed(file, 1, fmt.Sprintf("%s is not set", strings.TrimSpace(strings.TrimSuffix(inner, closing))), "")
		}
		return v, nil
	}
	return Expand(file, source, scope)
}

// deepValue expands every string within v.
func deepValue(file string, v any, scope map[string]any) (any, error) {
	switch v := v.(type) {
	case string:
		return value(file, v, scope)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			item, err := deepValue(file, v[i], scope)
			if err != nil {
				return nil, err
			}
			out[i] = item
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			item, err := deepValue(file, v[k], scope)
			if err != nil {
				return nil, err
			}
			out[k] = item
		}
		return out, nil
	}
	return v, nil
}

// missing is the value of a path that leads nowhere.
type missing struct{ path string }

func asText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case missing:
		return "", fmt.Errorf("%s is not set", v.path)
	case nil:
		return "", nil
	case map[string]any, []any:
		return "", fmt.Errorf("a list or an object is not text")
	}
	return fmt.Sprint(v), nil
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil, missing:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case int:
		return v != 0
	case float64:
		return v != 0
	case []any:
		return len(v) > 0
	}
	return true
}
