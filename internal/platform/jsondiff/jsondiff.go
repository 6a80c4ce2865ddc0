// Package jsondiff tells where two JSON values differ, place by place, with the
// marks that terraform makes beside them: what is sensitive, and what is not
// known yet.
//
// It owns the way through the values and how a place is written. Which of the
// differences count, and what becomes of them, its callers say.
package jsondiff

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// Difference is one place at which two values differ.
type Difference struct {
	// Path is the place as people read it; Keys lead to it: names and positions.
	Path string
	Keys []any
	// Before and After are nil where there is nothing.
	Before, After any
	// Unknown says that what comes after is not known yet: After tells nothing.
	Unknown bool
	// Sensitive says that one of the values, or a part of one, is shown to nobody.
	Sensitive bool
}

// Walk is how two values are compared.
type Walk struct {
	// Unknown, SensitiveBefore and SensitiveAfter are terraform's marks: true
	// for all of a value, or true at places of an object or a list.
	Unknown, SensitiveBefore, SensitiveAfter any
	// Same reports that two values that differ in writing say the same; nil is
	// that none do. It is not asked about a member that only one of two objects has.
	Same func(before, after any) bool
	// Lists compares a list of plain values as one value.
	Lists bool
	// Empty tells an empty object or list from nothing.
	Empty bool
}

// Differences returns where the values differ, in the order of their names and
// positions, at the deepest places that may be shown. A value that has a sensitive
// one in it is sensitive, whether terraform marks it or not: a provider that repeats
// what it was given marks nothing.
func (w Walk) Differences(before, after any) []Difference {
	c := comparison{Walk: w}
	c.walk(place{}, before, after)
	secret := conceal.Of()
	secret.AddMarked(before, w.SensitiveBefore)
	secret.AddMarked(after, w.SensitiveAfter)
	for i, d := range c.found {
		c.found[i].Sensitive = d.Sensitive || secret.In(d.Before) || secret.In(d.After)
	}
	return c.found
}

// place is where a walk is.
type place struct {
	path string
	keys []any
	// alone is a member that only one of two objects has.
	alone bool
}

func (p place) member(name string) place {
	return place{path: join(p.path, name), keys: append(slices.Clip(p.keys), name)}
}

func (p place) item(i int) place {
	return place{path: p.path + "[" + strconv.Itoa(i) + "]", keys: append(slices.Clip(p.keys), i)}
}

type comparison struct {
	Walk

	found []Difference
}

func (c *comparison) walk(at place, before, after any) {
	unknown := marked(c.Unknown, at.keys)
	if !unknown && !holds(value(c.Unknown, at.keys)) && c.same(at, before, after) {
		return
	}
	sensitive := marked(c.SensitiveBefore, at.keys) || marked(c.SensitiveAfter, at.keys)
	if !unknown && !sensitive && c.descend(at, before, after) {
		return
	}
	c.found = append(c.found, Difference{
		Path: at.path, Keys: at.keys, Before: before, After: after, Unknown: unknown,
		Sensitive: sensitive || holds(value(c.SensitiveBefore, at.keys)) || holds(value(c.SensitiveAfter, at.keys)),
	})
}

func (c *comparison) same(at place, before, after any) bool {
	return reflect.DeepEqual(before, after) || c.Same != nil && !at.alone && c.Same(before, after)
}

// descend walks into objects and lists. It reports whether it could.
func (c *comparison) descend(at place, before, after any) bool {
	was, wasObject := before.(map[string]any)
	is, isObject := after.(map[string]any)
	old, wasList := before.([]any)
	now, isList := after.([]any)
	if c.Empty && len(was)+len(is)+len(old)+len(now) == 0 {
		return false
	}
	if (wasObject || before == nil) && (isObject || after == nil) && (wasObject || isObject) {
		c.members(at, was, is)
		return true
	}
	if !wasList && !isList || !wasList && before != nil || !isList && after != nil || c.Lists && plain(old) && plain(now) {
		return false
	}
	for i := range max(len(old), len(now)) {
		c.walk(at.item(i), item(old, i), item(now, i))
	}
	return true
}

func (c *comparison) members(at place, was, is map[string]any) {
	names := map[string]any{}
	maps.Copy(names, was)
	maps.Copy(names, is)
	if unknown, ok := value(c.Unknown, at.keys).(map[string]any); ok {
		maps.Copy(names, unknown)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		next := at.member(name)
		_, had := was[name]
		_, has := is[name]
		next.alone = had != has && was != nil && is != nil
		c.walk(next, was[name], is[name])
	}
}

func plain(l []any) bool {
	return !slices.ContainsFunc(l, func(v any) bool {
		switch v.(type) {
		case map[string]any, []any:
			return true
		default:
			return false
		}
	})
}

// marked reports whether the value at keys, or all around it, is marked.
func marked(marks any, keys []any) bool {
	for _, k := range keys {
		if marks == true {
			return true
		}
		marks = value(marks, []any{k})
	}
	return marks == true
}

// holds reports whether anything in the marks is marked.
func holds(marks any) bool {
	switch m := marks.(type) {
	case bool:
		return m
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(m)), holds)
	case []any:
		return slices.ContainsFunc(m, holds)
	default:
		return false
	}
}

// value returns what keys lead to, or nil.
func value(v any, keys []any) any {
	for _, k := range keys {
		switch key := k.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[key]
		case int:
			l, _ := v.([]any)
			v = item(l, key)
		}
	}
	return v
}

func item(l []any, i int) any {
	if i < len(l) {
		return l[i]
	}
	return nil
}

// join writes a path; names with dots and brackets are quoted.
func join(path, name string) string {
	if strings.ContainsAny(name, ".[]\"") {
		return path + "[" + strconv.Quote(name) + "]"
	}
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}
