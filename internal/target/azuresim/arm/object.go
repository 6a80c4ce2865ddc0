package arm

import (
	"encoding/json"
	"maps"
	"strings"
)

// Object is a decoded JSON object: its values are Object, []any, string,
// float64, bool or nil.
type Object = map[string]any

// Lookup returns what is at a path, and whether there is anything.
func Lookup(o Object, path string) (any, bool) {
	name, rest, deeper := strings.Cut(path, ".")
	v, ok := o[name]
	if !ok || !deeper {
		return v, ok
	}
	inner, ok := v.(Object)
	if !ok {
		return nil, false
	}
	return Lookup(inner, rest)
}

// Assign puts a value at a path and makes the objects on the way.
func Assign(o Object, path string, v any) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		o[name] = v
		return
	}
	inner, ok := o[name].(Object)
	if !ok {
		inner = Object{}
		o[name] = inner
	}
	Assign(inner, rest, v)
}

// Discard removes what is at a path.
func Discard(o Object, path string) {
	name, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		delete(o, name)
		return
	}
	if inner, ok := o[name].(Object); ok {
		Discard(inner, rest)
	}
}

// Merge applies a JSON merge patch (RFC 7386): null removes a member.
func Merge(into, patch Object) Object {
	out := maps.Clone(into)
	if out == nil {
		out = Object{}
	}
	for name, v := range patch {
		switch v := v.(type) {
		case nil:
			delete(out, name)
		case Object:
			inner, _ := out[name].(Object)
			out[name] = Merge(inner, v)
		default:
			out[name] = v
		}
	}
	return out
}

// Clone copies a decoded JSON value deeply.
func Clone[T any](v T) T {
	c, _ := clone(v).(T)
	return c
}

func clone(v any) any {
	switch v := v.(type) {
	case Object:
		if v == nil {
			return v
		}
		out := make(Object, len(v))
		for name, inner := range v {
			out[name] = clone(inner)
		}
		return out
	case []any:
		if v == nil {
			return v
		}
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = clone(inner)
		}
		return out
	default:
		return v
	}
}

// Plain turns any value that JSON can carry into decoded JSON: Object, []any, float64….
func Plain(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var out any
	if json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}
