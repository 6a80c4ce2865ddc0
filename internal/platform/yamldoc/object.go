package yamldoc

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// Object is a value with a known set of keys.
type Object struct {
	Value
	ok bool
}

// Object returns the value as an object with no other keys than these.
func (v Value) Object(keys ...string) Object {
	o := Object{Value: v}
	if o.ok = v.isObject(); !o.ok {
		return o
	}
	known := map[string]bool{}
	for _, k := range keys {
		known[k] = true
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		if key := v.node.Content[i]; !known[key.Value] {
			v.unknown(key, keys)
		}
	}
	return o
}

func (v Value) unknown(key *yaml.Node, keys []string) {
	fix := "the keys here are " + strings.Join(keys, ", ")
	if near := Nearest(key.Value, keys); near != "" {
		fix = fmt.Sprintf("did you mean %s?", near)
	}
	v.doc.Report(Position{key.Line, key.Column}, join(v.path, key.Value), fmt.Sprintf("unknown key %q", key.Value), fix)
}

func (v Value) isObject() bool {
	if !v.IsObject() {
		v.Problem("write it as keys with values", "must be an object, not %s", v.described())
	}
	return v.IsObject()
}

// Open returns the value as an object that may have further keys.
func (v Value) Open() Object { return Object{Value: v, ok: v.isObject()} }

// OK reports whether the value is an object.
func (o Object) OK() bool { return o.ok }

// Get returns the value of the key; a key without a value does not count.
func (o Object) Get(key string) (Value, bool) {
	if !o.ok {
		return Value{}, false
	}
	for i := 0; i+1 < len(o.node.Content); i += 2 {
		if o.node.Content[i].Value == key {
			v := Value{o.doc, o.node.Content[i+1], join(o.path, key)}
			return v, !v.IsNull()
		}
	}
	return Value{}, false
}

// Require is Get, and reports a missing key with the fix.
func (o Object) Require(key, fix string) (Value, bool) {
	v, ok := o.Get(key)
	if !ok && o.ok {
		o.Problem(fix, "the key %s is missing", key)
	}
	return v, ok
}

// Each calls fn for every key of an object, in the order of the document.
func (v Value) Each(fn func(key string, value Value)) {
	v.EachKey(func(key, value Value) { fn(key.node.Value, value) })
}

// EachKey is Each with the keys as values, so that a problem can name their place.
func (v Value) EachKey(fn func(key, value Value)) {
	if !v.isObject() {
		return
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key := v.node.Content[i]
		path := join(v.path, key.Value)
		fn(Value{v.doc, key, path}, Value{v.doc, v.node.Content[i+1], path})
	}
}

// Text returns a scalar as it is written, without a check of its type.
func (v Value) Text() string { return v.node.Value }
