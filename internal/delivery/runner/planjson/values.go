package planjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/zclconf/go-cty/cty"
)

// Values are what the JSON of a plan has: what json.Marshal writes of it and a decoder
// reads again, with numbers as they are written, without the text between both. They
// share no object and no list with the plan.
func Values(plan *tfjson.Plan) (map[string]any, error) {
	c := converter{}
	v, err := c.value(reflect.ValueOf(plan))
	if err != nil {
		return nil, fmt.Errorf("the plan as JSON: %w", err)
	}
	object, _ := v.(map[string]any)
	return object, nil
}

// converter makes values of the library's types, by what their fields' tags say, so that
// a field that comes with a new version of it is in them, too.
type converter map[reflect.Type]shape

// shape is how a type is written.
type shape struct {
	// own tells that it is written in its own way.
	own    bool
	fields []field
}

type field struct {
	at        int
	name      string
	omitEmpty bool
}

// any is the value of what JSON may have of any kind.
func (c converter) any(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		return valid(v), nil
	case json.Number:
		return number(v)
	case []any:
		if v == nil {
			return nil, nil //nolint:nilnil // null
		}
		list := make([]any, len(v))
		for i, item := range v {
			var err error
			if list[i], err = c.any(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		if v == nil {
			return nil, nil //nolint:nilnil // null
		}
		object := make(map[string]any, len(v))
		for name, item := range v {
			inner, err := c.any(item)
			if err != nil {
				return nil, err
			}
			object[valid(name)] = inner
		}
		return object, nil
	default:
		return c.value(reflect.ValueOf(v))
	}
}

// valid is a text as JSON can have it.
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text)) // each byte that is none of a letter is U+FFFD
}

func number(n json.Number) (any, error) {
	if n != "" && n[0] != '0' && strings.Trim(string(n), "0123456789") == "" {
		return n, nil
	}
	return written(n)
}

// written is the value of what is written as JSON and read again.
func written(v any) (read any, err error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return read, d.Decode(&read)
}

// value is the value of one of the library's types.
func (c converter) value(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Invalid:
		return nil, nil //nolint:nilnil // null
	case reflect.Pointer:
		return c.pointer(v)
	case reflect.Interface:
		return c.any(v.Interface())
	default:
	}
	switch shape := c.shape(v.Type()); {
	case shape.own:
		return written(v.Interface())
	case v.Kind() == reflect.String:
		return valid(v.String()), nil
	case v.Kind() == reflect.Slice && !v.IsNil():
		return c.list(v)
	case v.Kind() == reflect.Map && !v.IsNil():
		return c.members(v)
	case v.Kind() == reflect.Struct:
		return c.object(v, shape)
	default: // true or false, a number, or nothing
		return written(v.Interface())
	}
}

func (c converter) pointer(v reflect.Value) (any, error) {
	if v.IsNil() {
		return nil, nil //nolint:nilnil // null
	}
	switch p := v.Interface().(type) {
	case *tfjson.Expression:
		return c.expression(p)
	case *tfjson.StateOutput:
		return c.output(p)
	default:
		return c.value(v.Elem())
	}
}

func (c converter) list(v reflect.Value) (any, error) {
	list := make([]any, v.Len())
	for i := range list {
		var err error
		if list[i], err = c.value(v.Index(i)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (c converter) members(v reflect.Value) (any, error) {
	object := make(map[string]any, v.Len())
	for members := v.MapRange(); members.Next(); {
		inner, err := c.value(members.Value())
		if err != nil {
			return nil, err
		}
		object[valid(members.Key().String())] = inner
	}
	return object, nil
}

func (c converter) object(v reflect.Value, shape shape) (any, error) {
	object := make(map[string]any, len(shape.fields))
	for _, f := range shape.fields {
		value := v.Field(f.at)
		if f.omitEmpty && isEmpty(value) {
			continue
		}
		inner, err := c.value(value)
		if err != nil {
			return nil, err
		}
		object[f.name] = inner
	}
	return object, nil
}

// isEmpty reports whether a value is left out where its field says omitempty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Array:
		return v.Len() == 0
	case reflect.Struct:
		return false
	default:
		return v.IsZero()
	}
}

// shape looks at a type once. What has a way of its own, or tags that are not known
// here, is written as JSON.
func (c converter) shape(t reflect.Type) shape {
	if known, ok := c[t]; ok {
		return known
	}
	var s shape
	switch t.Kind() {
	case reflect.Struct:
		for at := range t.NumField() {
			f := t.Field(at)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			s.own = s.own || f.Anonymous || f.IsExported() && name == "" || options != "" && options != "omitempty"
			if f.IsExported() && name != "-" {
				s.fields = append(s.fields, field{at, name, options == "omitempty"})
			}
		}
	case reflect.Map:
		s.own = t.Key().Kind() != reflect.String
	case reflect.Slice:
		s.own = t.Elem().Kind() == reflect.Uint8
	default:
	}
	for _, way := range []reflect.Type{reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()} {
		s.own = s.own || t.Implements(way) || reflect.PointerTo(t).Implements(way)
	}
	s.own = s.own || t == reflect.TypeFor[json.Number]()
	c[t] = s
	return s
}

// expression is what Expression.MarshalJSON writes.
func (c converter) expression(e *tfjson.Expression) (any, error) {
	switch {
	case e.ExpressionData == nil:
		return written(e)
	case len(e.NestedBlocks) > 0:
		blocks := make([]any, len(e.NestedBlocks))
		for i, block := range e.NestedBlocks {
			var err error
			if blocks[i], err = c.members(reflect.ValueOf(block)); err != nil { // an object where there is none, too
				return nil, err
			}
		}
		return blocks, nil
	}
	object := map[string]any{}
	if e.ConstantValue != nil && e.ConstantValue != any(tfjson.UnknownConstantValue) {
		constant, err := c.any(e.ConstantValue)
		if err != nil {
			return nil, err
		}
		object["constant_value"] = constant
	}
	if len(e.References) > 0 {
		references, err := c.list(reflect.ValueOf(e.References))
		if err != nil {
			return nil, err
		}
		object["references"] = references
	}
	return object, nil
}

// output is what StateOutput.MarshalJSON writes.
func (c converter) output(o *tfjson.StateOutput) (any, error) {
	object := map[string]any{"sensitive": o.Sensitive}
	if o.Value != nil {
		value, err := c.any(o.Value)
		if err != nil {
			return nil, err
		}
		object["value"] = value
	}
	if o.Type != cty.NilType {
		kind, err := written(o.Type)
		if err != nil {
			return nil, err
		}
		object["type"] = kind
	}
	return object, nil
}
