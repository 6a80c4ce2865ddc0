package drift

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// difference is one attribute whose value was changed outside.
type difference struct {
	path string
	// keys is the way to it: names and positions.
	keys          []any
	before, after any
	sensitive     bool
}

// differ walks what Terrace knew and what is there at once, with terraform's
// marks of sensitive values beside them.
type differ struct {
	known, there any
	found        []difference
}

func (d *differ) walk(path string, keys []any, a, b any) {
	if same(a, b) {
		return
	}
	if !marked(d.known, keys) && !marked(d.there, keys) && d.descend(path, keys, a, b) {
		return
	}
	d.found = append(d.found, difference{
		path: path, keys: slices.Clone(keys), before: a, after: b,
		sensitive: holds(at(d.known, keys)) || holds(at(d.there, keys)) || marked(d.known, keys) || marked(d.there, keys),
	})
}

// descend walks into objects and into lists of objects; a list of plain values
// is one value. It reports whether it could.
func (d *differ) descend(path string, keys []any, a, b any) bool {
	am, aok := a.(map[string]any)
	bm, bok := b.(map[string]any)
	if (aok || a == nil) && (bok || b == nil) && (aok || bok) {
		all := maps.Clone(am)
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, bm)
		for _, k := range slices.Sorted(maps.Keys(all)) {
			d.walk(join(path, k), append(slices.Clip(keys), k), am[k], bm[k])
		}
		return true
	}
	al, aok := a.([]any)
	bl, bok := b.([]any)
	if !aok && !bok || !aok && a != nil || !bok && b != nil || plain(al) && plain(bl) {
		return false
	}
	for i := range max(len(al), len(bl)) {
		d.walk(path+"["+strconv.Itoa(i)+"]", append(slices.Clip(keys), i), item(al, i), item(bl, i))
	}
	return true
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

// same reports whether two values differ in how they are written alone: an
// attribute that a refresh fills in with what is its default, nothing and an
// empty value, an Azure id in another case.
func same(a, b any) bool {
	if reflect.DeepEqual(a, b) || empty(a) && empty(b) && (a == nil || b == nil) {
		return true
	}
	x, xok := a.(string)
	y, yok := b.(string)
	return xok && yok && strings.HasPrefix(strings.ToLower(x), "/subscriptions/") && strings.EqualFold(x, y)
}

// empty reports whether the value says nothing.
func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == ""
	case bool:
		return !x
	case []any:
		return !slices.ContainsFunc(x, func(v any) bool { return !empty(v) })
	case map[string]any:
		return !slices.ContainsFunc(slices.Collect(maps.Values(x)), func(v any) bool { return !empty(v) })
	default:
		n := reflect.ValueOf(v)
		return n.IsZero() || n.Kind() == reflect.String && n.String() == "0" // json.Number
	}
}

// marked reports whether terraform marks the value at keys, or all around it.
func marked(marks any, keys []any) bool {
	for _, k := range keys {
		if marks == true {
			return true
		}
		marks = at(marks, []any{k})
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

// at returns the value that keys lead to, or nil.
func at(v any, keys []any) any {
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

// join writes a path; keys with dots are quoted.
func join(path, key string) string {
	if strings.ContainsAny(key, ".[]\"") {
		return path + "[" + strconv.Quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}
