package cost

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// View reads values that may be absent or of another type than expected.
type View struct {
	values map[string]any
	// reads notes what is asked for, for views of usage.
	reads *reads
	// odd notes what cannot be what it is read as, for views of resources.
	odd *odd
}

// NewView reads an object.
func NewView(values map[string]any) View { return View{values: values} }

// Get returns what is at a path such as "sku.name", through first blocks.
func (v View) Get(path string) any {
	v.reads.note(path, asAnything)
	var at any = v.values
	for path != "" {
		var step string
		step, path, _ = strings.Cut(path, ".")
		at = firstOf(at)
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[step]
	}
	return at
}

func firstOf(v any) any {
	if list, ok := v.([]any); ok {
		if len(list) == 0 {
			return nil
		}
		return list[0]
	}
	return v
}

// Has tells whether something is at the path: an empty list is nothing.
func (v View) Has(path string) bool { return firstOf(v.Get(path)) != nil }

// Str returns a string, or the default.
func (v View) Str(path, otherwise string) string {
	switch s := v.Get(path).(type) {
	case string:
		if s != "" {
			return s
		}
	case float64:
		return strconv.FormatFloat(s, 'f', -1, 64)
	case json.Number:
		if n, err := s.Float64(); err == nil {
			return strconv.FormatFloat(n, 'f', -1, 64)
		}
	case bool:
		return strconv.FormatBool(s)
	}
	return otherwise
}

// Low returns a string in lower case, or the default.
func (v View) Low(path, otherwise string) string { return strings.ToLower(v.Str(path, otherwise)) }

// Num returns a number, or the default.
func (v View) Num(path string, otherwise float64) float64 {
	v.reads.note(path, asNumber)
	value := v.Get(path)
	v.odd.quantity(path, value)
	if n, ok := number(value); ok {
		return n
	}
	return otherwise
}

// Positive returns a number that is zero for no resource, or the default.
func (v View) Positive(path string, otherwise float64) float64 {
	value := v.Get(path)
	if n, ok := number(value); ok && n == 0 {
		v.odd.note(path, value, "not above zero")
	}
	return v.Num(path, otherwise)
}

// Bool returns a boolean, or the default.
func (v View) Bool(path string, otherwise bool) bool {
	value := v.Get(path)
	v.odd.truth(path, value)
	switch b := value.(type) {
	case bool:
		return b
	case string:
		return b == "true"
	}
	return otherwise
}

// List returns the objects of a block.
func (v View) List(path string) []View {
	var out []View
	switch list := v.Get(path).(type) {
	case []any:
		for _, e := range list {
			if object, ok := e.(map[string]any); ok {
				out = append(out, View{values: object, odd: v.odd})
			}
		}
	case map[string]any:
		out = append(out, View{values: list, odd: v.odd})
	}
	return out
}

// Len counts the elements of a list.
func (v View) Len(path string) int {
	switch list := v.Get(path).(type) {
	case []any:
		return len(list)
	case map[string]any:
		return 1
	}
	return 0
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case json.Number:
		return number(string(n))
	case string:
		f, err := strconv.ParseFloat(n, 64)
		return f, err == nil && !math.IsNaN(f)
	}
	return 0, false
}

// Keys returns the names of an object's values.
func (v View) Keys() []string {
	var out []string
	for k := range v.values {
		out = append(out, k)
	}
	return out
}

// Object returns the object under a name that may have dots.
func (v View) Object(name string) View {
	v.reads.note(name, asObject)
	object, _ := v.values[name].(map[string]any)
	return View{values: object}
}
