package openapi

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxSteps is how many values those may meet who look at a schema anew, with all that it
// refers to, from each place that refers to it.
const maxSteps = 2_000_000

// weight says how much looking at each use of a schema is.
type weight int

const (
	// light is within the bound, whatever is followed.
	light weight = iota
	// interwoven is within it where references within components are not followed.
	interwoven
	// heavy is never.
	heavy
)

// tooHeavy refuses what nobody is done with in time, whatever its size is.
func (d *Document) tooHeavy() []kernel.Problem {
	return []kernel.Problem{problem(d.root, "", fmt.Sprintf("its schemas are used so often that whoever looks at each use meets more than the %d values allowed", maxSteps),
		"have large schemas in fewer places, or split the API")}
}

// apart has references within the schemas of components lead nowhere until restore, so that
// each is looked at by itself: all of them are.
func apart(spec *openapi3.T) (restore func()) {
	var cut []*openapi3.SchemaRef
	var led []*openapi3.Schema
	var look func(v reflect.Value)
	look = func(v reflect.Value) {
		switch v.Kind() { //nolint:exhaustive // others hold no schemas
		case reflect.Pointer:
			if ref, is := v.Interface().(*openapi3.SchemaRef); is && ref != nil && ref.Ref != "" {
				cut, led = append(cut, ref), append(led, ref.Value)
				ref.Value = &openapi3.Schema{}
			} else if is && ref != nil {
				look(reflect.ValueOf(ref.Value))
			} else if _, is := v.Interface().(*openapi3.Schema); is && !v.IsNil() {
				for i := range v.Elem().NumField() {
					if field := v.Elem().Field(i); field.CanInterface() {
						look(field)
					}
				}
			}
		case reflect.Struct:
			if extra, is := v.Interface().(openapi3.AdditionalProperties); is {
				look(reflect.ValueOf(extra.Schema))
			}
		case reflect.Slice:
			for i := range v.Len() {
				look(v.Index(i))
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				look(v.MapIndex(key))
			}
		}
	}
	if spec.Components != nil {
		look(reflect.ValueOf(spec.Components.Schemas))
	}
	return func() {
		for i, ref := range cut {
			ref.Value = led[i]
		}
	}
}

// part is something that is looked at by itself: a schema at the place of its use, or what a
// reference names.
type part struct {
	// size is how many values it has, to are the parts that it refers to.
	size int
	to   []int
}

// reach finds what each schema leads to.
type reach struct {
	d     *Document
	named map[string]int
	// parts are those that references name, by what named says; uses are where looking begins.
	parts, uses []part
	waiting     []*yaml.Node
}

// weigh finds out how much looking at each use of the document's schemas is.
func (d *Document) weigh() weight {
	r := &reach{d: d, named: map[string]int{}}
	r.value(d.root, "", false, nil)
	for i := 0; i < len(r.waiting); i++ {
		p := part{}
		r.value(r.waiting[i], "", false, &p)
		r.parts[i] = p
	}
	switch {
	case r.steps(true) <= maxSteps:
		return light
	case r.steps(false) <= maxSteps:
		return interwoven
	}
	return heavy
}

// steps counts until they are more than maxSteps; far goes on from the parts that a use
// refers to.
func (r *reach) steps(far bool) (n int) {
	seen, todo := make([]int, len(r.parts)), []int(nil)
	for i, use := range r.uses {
		n += use.size
		for todo = append(todo[:0], use.to...); len(todo) > 0 && n <= maxSteps; {
			next := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen[next] == i+1 {
				continue
			}
			seen[next] = i + 1
			n += r.parts[next].size
			if far {
				todo = append(todo, r.parts[next].to...)
			}
		}
	}
	return n
}

// value counts n into the part that it is in, nil for none. It is what a field has, whose
// keys may be names.
func (r *reach) value(n *yaml.Node, field string, names bool, in *part) {
	if in != nil {
		in.size++
	}
	for i, item := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			r.value(item, "", false, in)
		case n.Kind == yaml.MappingNode && i%2 == 1:
			r.field(n.Content[i-1].Value, item, field, names, in)
		}
	}
}

func (r *reach) field(key string, value *yaml.Node, of string, names bool, in *part) {
	isRef := !names && key == "$ref" && value.Kind == yaml.ScalarNode
	switch {
	case !names && isData(key):
	case in == nil && (isRef || !names && key == "schema" || names && of == "schemas"):
		use := part{}
		r.field(key, value, of, names, &use)
		r.uses = append(r.uses, use)
	case isRef:
		in.to = append(in.to, r.name(strings.TrimPrefix(value.Value, "#")))
	case names:
		r.value(value, "", false, in)
	default:
		r.value(value, key, named(key), in)
	}
}

// name returns the part that a pointer names.
func (r *reach) name(pointer string) int {
	i, known := r.named[pointer]
	if target := r.d.At(pointer); !known && target != nil {
		i = len(r.parts)
		r.named[pointer] = i
		r.parts, r.waiting = append(r.parts, part{}), append(r.waiting, target)
	}
	return i
}
