// Package spec reads the specs of policies strictly: whatever is unknown or of
// another type is a problem with its path, and all of them are told at once.
//
// It owns the reading. What values mean is the kind's that reads them.
package spec

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Reader collects what is wrong with a spec; paths begin within it.
type Reader struct{ problems []kernel.Problem }

// Read fills to, a pointer to a struct with json tags, with a spec. Fields that
// the spec does not have keep the values that they have.
func Read(raw json.RawMessage, to any) *Reader {
	r := &Reader{}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var content any
	if len(bytes.TrimSpace(raw)) == 0 {
		return r
	}
	if err := decoder.Decode(&content); err != nil {
		r.Add("", "", "the spec is not JSON: %v", err)
		return r
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		r.Add("", "", "something follows the spec")
		return r
	}
	if content != nil {
		r.fill("", content, reflect.ValueOf(to).Elem())
	}
	return r
}

// Add tells a problem. Of a place the first one is told alone: what else is wrong there
// follows from it.
func (r *Reader) Add(path, fix, format string, args ...any) {
	if path != "" && slices.ContainsFunc(r.problems, func(p kernel.Problem) bool { return p.Path == path }) {
		return
	}
	r.problems = append(r.problems, kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// Tell tells problems that were found elsewhere; their paths begin within the spec, too.
func (r *Reader) Tell(found ...kernel.Problem) { r.problems = append(r.problems, found...) }

// Int tells a number out of its bounds.
func (r *Reader) Int(path string, value, low, high int64) {
	if value < low || value > high {
		r.Add(path, fmt.Sprintf("use %d to %d", low, high), "%d is out of bounds", value)
	}
}

// OneOf tells a word that is none of those possible.
func (r *Reader) OneOf(path, value string, options ...string) {
	if !slices.Contains(options, value) {
		r.Add(path, "use one of "+strings.Join(options, ", "), "%q is not possible", value)
	}
}

// Err returns what is wrong as one error of kind Invalid, nil for nothing.
func (r *Reader) Err(kind, name string) error {
	if len(r.problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "%s %s is not valid", kind, name).WithProblems(r.problems...)
}

// fill sets one value.
func (r *Reader) fill(path string, from any, to reflect.Value) {
	if from == nil { // as if it were not there
		return
	}
	if u, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
		text, isText := from.(string)
		if !isText {
			r.kind(path, from, "a text")
		} else if err := u.UnmarshalText([]byte(text)); err != nil {
			r.Add(path, "", "%v", err)
		}
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		r.fill(path, from, to.Elem())
	case reflect.Struct:
		r.object(path, from, to)
	case reflect.Map:
		r.table(path, from, to)
	case reflect.Slice:
		r.list(path, from, to)
	case reflect.Interface:
		to.Set(reflect.ValueOf(from))
	default:
		r.scalar(path, from, to)
	}
}

func (r *Reader) scalar(path string, from any, to reflect.Value) {
	number, isNumber := from.(json.Number)
	switch to.Kind() {
	case reflect.String:
		if text, ok := from.(string); ok {
			to.SetString(text)
			return
		}
		r.kind(path, from, "a text")
	case reflect.Bool:
		if b, ok := from.(bool); ok {
			to.SetBool(b)
			return
		}
		r.kind(path, from, "true or false")
	case reflect.Float64:
		if f, err := number.Float64(); isNumber && err == nil && !math.IsInf(f, 0) {
			to.SetFloat(f)
			return
		}
		r.kind(path, from, "a number")
	default:
		if n, err := strconv.ParseInt(number.String(), 10, 64); isNumber && err == nil && !to.OverflowInt(n) {
			to.SetInt(n)
			return
		}
		r.kind(path, from, "a whole number")
	}
}

func (r *Reader) object(path string, from any, to reflect.Value) {
	fields, ok := from.(map[string]any)
	if !ok {
		r.kind(path, from, "an object")
		return
	}
	known, names := map[string]reflect.Value{}, fieldNames(to.Type())
	for i, name := range names {
		known[name] = to.Field(i)
	}
	for _, name := range Sorted(fields) {
		at := join(path, name)
		if field, ok := known[name]; ok {
			r.fill(at, fields[name], field)
			continue
		}
		fix := "use one of " + strings.Join(names, ", ")
		if near := yamldoc.Nearest(name, names); near != "" {
			fix = "write " + near
		}
		r.Add(at, fix, "there is no field %q", name)
	}
}

func (r *Reader) table(path string, from any, to reflect.Value) {
	fields, ok := from.(map[string]any)
	if !ok {
		r.kind(path, from, "an object")
		return
	}
	to.Set(reflect.MakeMap(to.Type()))
	for _, name := range Sorted(fields) {
		value := reflect.New(to.Type().Elem()).Elem()
		r.fill(join(path, name), fields[name], value)
		to.SetMapIndex(reflect.ValueOf(name), value)
	}
}

func (r *Reader) list(path string, from any, to reflect.Value) {
	items, ok := from.([]any)
	if !ok {
		r.kind(path, from, "a list")
		return
	}
	to.Set(reflect.MakeSlice(to.Type(), len(items), len(items)))
	for i, item := range items {
		r.fill(path+"["+strconv.Itoa(i)+"]", item, to.Index(i))
	}
}

func (r *Reader) kind(path string, from any, want string) {
	text, err := json.Marshal(from)
	if err != nil || len(text) > 60 {
		text = []byte("this")
	}
	r.Add(path, "", "%s is not %s", text, want)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Sorted returns the keys of m in their order.
func Sorted[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Fields returns the names in JSON of a struct's fields, in their order.
func Fields(of any) []string { return fieldNames(reflect.TypeOf(of)) }

func fieldNames(of reflect.Type) []string {
	out := make([]string, 0, of.NumField())
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

// Value tells that a text can be a header's value (RFC 9110 §5.5).
func Value(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}
