package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// bounds compares limits: what is read must be as wide as what is written.
func (c *comparison) bounds(path string, w, r map[string]any) {
	for _, keyword := range []string{"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"} {
		c.bound(path, keyword, w, r, func(written, read float64) bool { return written >= read })
	}
	for _, keyword := range []string{"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"} {
		c.bound(path, keyword, w, r, func(written, read float64) bool { return written <= read })
	}
	if r["uniqueItems"] == true && w["uniqueItems"] != true && isList(w) {
		c.report(path, "items may be there twice, and are not allowed to")
	}
}

func (c *comparison) bound(path, keyword string, w, r map[string]any, holds func(written, read float64) bool) {
	read, limited := number(r[keyword])
	if !limited || !concerns(keyword, w) || read == 0 && strings.HasPrefix(keyword, "min") && keyword != "minimum" {
		return
	}
	written, some := number(w[keyword])
	switch {
	case !some:
		c.report(path, "%s is %v, and was not there", keyword, r[keyword])
	case !holds(written, read):
		c.report(path, "%s is %v, and was %v", keyword, r[keyword], w[keyword])
	}
}

// concerns tells whether a keyword says anything of what is written.
func concerns(keyword string, w map[string]any) bool {
	types := typesOf(w)
	if types == nil {
		return true
	}
	of := map[string][]string{"Length": {"string"}, "Items": {"array"}, "Contains": {"array"}, "Properties": {"object"}, "imum": {"number", "integer"}}
	for end, all := range of {
		if strings.HasSuffix(keyword, end) {
			return slices.ContainsFunc(all, func(t string) bool { return slices.Contains(types, t) })
		}
	}
	return true
}

// others are keywords that can be told to be the same, and nothing else.
func (c *comparison) others(path string, w, r map[string]any) {
	for _, keyword := range []string{
		"pattern", "format", "multipleOf", "patternProperties", "propertyNames", "contains", "not", "oneOf", "if", "then", "else",
		"dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef",
	} {
		read, limited := r[keyword]
		if !limited || same(w[keyword], read) && (!refers(read) || c.sameDefinitions()) {
			continue
		}
		if w[keyword] == nil {
			c.report(path, "%s is %s, and was not there", keyword, short(read))
			continue
		}
		c.report(path, "%s differs: it is %s, and was %s; whether that is wider cannot be told", keyword, short(read), short(w[keyword]))
	}
}

// sameDefinitions tells whether what references lead to is the same in both.
func (c *comparison) sameDefinitions() bool {
	w, _ := c.written.(map[string]any)
	r, _ := c.read.(map[string]any)
	return same(w["$defs"], r["$defs"]) && same(w["definitions"], r["definitions"])
}

// typesOf are the types that a subschema allows; nil is any.
func typesOf(m map[string]any) []string {
	switch t := m["type"].(type) {
	case string:
		return []string{t}
	case []any:
		return texts(t)
	}
	values, some := valuesOf(m)
	if !some {
		return nil
	}
	var types []string
	for _, v := range values {
		if t := typeOf(v); !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "number"
		}
		return "integer"
	}
	return "object"
}

// valuesOf are the values that a subschema lists.
func valuesOf(m map[string]any) ([]any, bool) {
	if v, is := m["const"]; is {
		return []any{v}, true
	}
	all, is := m["enum"].([]any)
	return all, is
}

func isObject(m map[string]any) bool { return allows(m, "object") }

func isList(m map[string]any) bool { return allows(m, "array") }

func allows(m map[string]any, t string) bool {
	types := typesOf(m)
	return types == nil || slices.Contains(types, t)
}

// joined is a subschema with one of its alternatives in the place of all.
func joined(m map[string]any, keyword string, branch any) map[string]any {
	out := without(m, keyword)
	parts, _ := out["allOf"].([]any)
	if len(out) == 0 {
		if only, is := branch.(map[string]any); is {
			return only
		}
	}
	out["allOf"] = append(slices.Clone(parts), branch)
	return out
}

func without(m map[string]any, keyword string) map[string]any {
	out := maps.Clone(m)
	delete(out, keyword)
	return out
}

// merged is what has to hold of all parts together, as far as it can be written as one: where
// two say something of the same keyword, properties and what is required are joined, and of
// others the first counts, which is no narrower than both.
func merged(c *comparison, m map[string]any, parts []any) map[string]any {
	out := without(m, "allOf")
	for _, p := range parts {
		p, _ = c.follow(c.written, p, "")
		part, is := p.(map[string]any)
		if !is {
			continue
		}
		if nested, is := part["allOf"].([]any); is && c.steps < maxSteps {
			c.steps++
			part = merged(c, part, nested)
		}
		for keyword, v := range part {
			out[keyword] = together(keyword, out[keyword], v)
		}
	}
	return out
}

func together(keyword string, present, more any) any {
	if present == nil {
		return more
	}
	switch keyword {
	case "required":
		a, _ := present.([]any)
		b, _ := more.([]any)
		return slices.Concat(a, b)
	case "properties":
		a, _ := present.(map[string]any)
		b, _ := more.(map[string]any)
		out := maps.Clone(b)
		maps.Copy(out, a)
		return out
	}
	return present
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }

// refers tells whether there is a reference in a subschema.
func refers(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if _, is := v["$ref"]; is {
			return true
		}
		for _, one := range v {
			if refers(one) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, refers)
	}
	return false
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, one := range list {
		if text, is := one.(string); is {
			out = append(out, text)
		}
	}
	return out
}

func sorted(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

func number(v any) (float64, bool) {
	n, is := v.(json.Number)
	if !is {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil
}

func words(all []string) string { return strings.Join(all, " or ") }

// short is a value as a report shows it.
func short(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	if r := []rune(string(b)); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return string(b)
}
