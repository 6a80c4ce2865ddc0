package run

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// longValue is the length from which a dossier names a text by its digest.
const longValue = 2048

// changesOf tells which values of a resource or output change. A value that
// terraform marks sensitive is named, never shown.
func changesOf(c *tfjson.Change) []ValueChange {
	d := differ{unknown: c.AfterUnknown, before: c.BeforeSensitive, after: c.AfterSensitive, replace: c.ReplacePaths}
	d.walk("", nil, c.Before, c.After)
	return d.list()
}

// diffJSON tells which values of two documents differ.
func diffJSON(before, after json.RawMessage) ([]ValueChange, error) {
	var a, b any
	for _, side := range []struct {
		src json.RawMessage
		dst *any
	}{{before, &a}, {after, &b}} {
		if len(side.src) == 0 {
			continue
		}
		if err := json.Unmarshal(side.src, side.dst); err != nil {
			return nil, fmt.Errorf("compare workloads: %w", err)
		}
	}
	var d differ
	d.walk("", nil, a, b)
	return d.list(), nil
}

// differ walks two values at once, with terraform's marks beside them.
type differ struct {
	unknown, before, after any
	replace                []any
	found                  []ValueChange
}

func (d *differ) list() []ValueChange {
	if d.found == nil {
		return []ValueChange{}
	}
	return d.found
}

// walk records where a and b differ; keys is the way to them.
func (d *differ) walk(path string, keys []any, a, b any) {
	unknown, sensitive := marked(d.unknown, keys), marked(d.before, keys) || marked(d.after, keys)
	if reflect.DeepEqual(a, b) && !unknown && !holds(d.unknown, keys) {
		return
	}
	if !unknown && !sensitive && d.descend(path, keys, a, b) {
		return
	}
	c := ValueChange{Path: path, Unknown: unknown, Sensitive: sensitive, ForcesReplace: d.forces(keys)}
	if !sensitive {
		c.Before, c.After = show(a), show(b)
	}
	if unknown {
		c.After = nil
	}
	d.found = append(d.found, c)
}

// descend walks into objects and lists, and reports whether it could.
func (d *differ) descend(path string, keys []any, a, b any) bool {
	am, aok := a.(map[string]any)
	bm, bok := b.(map[string]any)
	if (aok || a == nil) && (bok || b == nil) && (aok || bok) {
		um, _ := at(d.unknown, keys).(map[string]any)
		all := maps.Clone(am)
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, bm)
		maps.Copy(all, um)
		for _, k := range slices.Sorted(maps.Keys(all)) {
			d.walk(join(path, k), append(slices.Clip(keys), k), am[k], bm[k])
		}
		return true
	}
	al, aok := a.([]any)
	bl, bok := b.([]any)
	if !aok && !bok || !aok && a != nil || !bok && b != nil {
		return false
	}
	for i := range max(len(al), len(bl)) {
		d.walk(path+"["+strconv.Itoa(i)+"]", append(slices.Clip(keys), i), item(al, i), item(bl, i))
	}
	return true
}

// forces reports whether the value at keys makes terraform replace the resource.
func (d *differ) forces(keys []any) bool {
	return slices.ContainsFunc(d.replace, func(p any) bool {
		path, ok := p.([]any)
		return ok && len(path) <= len(keys) && fmt.Sprint(path) == fmt.Sprint(keys[:len(path)])
	})
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

// holds reports whether anything beneath keys is marked.
func holds(marks any, keys []any) bool {
	switch m := at(marks, keys).(type) {
	case bool:
		return m
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(m)), func(v any) bool { return holds(v, nil) })
	case []any:
		return slices.ContainsFunc(m, func(v any) bool { return holds(v, nil) })
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

// show shortens a long text to its digest.
func show(v any) any {
	text, ok := v.(string)
	if !ok || len(text) <= longValue {
		return v
	}
	return fmt.Sprintf("%d bytes, %s", len(text), kernel.DigestOf([]byte(text)))
}

// join writes a path; keys with dots are quoted.
func join(path, key string) string {
	if strings.ContainsAny(key, ".[]\"") {
		key = strconv.Quote(key)
	}
	if path == "" || key == "" {
		return path + key
	}
	if strings.HasPrefix(key, "[") {
		return path + key
	}
	return path + "." + key
}
