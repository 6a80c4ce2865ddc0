package schema

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Compatibility is what has to hold between one version of a schema and the next.
type Compatibility string

// The kinds. Producers write what their schema names: a property that is added and not
// required breaks nobody, unless the other schema is closed.
const (
	// None lets any version follow.
	None Compatibility = "none"
	// Backward has consumers with the new version read what was written with the former one.
	Backward Compatibility = "backward"
	// Forward has consumers with the former version read what is written with the new one.
	Forward Compatibility = "forward"
	// Full is both.
	Full Compatibility = "full"
)

// Compatibilities returns all of them.
func Compatibilities() []Compatibility { return []Compatibility{None, Backward, Forward, Full} }

// Audience is who cannot read what somebody else writes.
type Audience string

// The audiences.
const (
	// NewConsumers have the new version, and meet events of the former one.
	NewConsumers Audience = "consumers-of-the-new-version"
	// OldConsumers have the former version, and meet events of the new one.
	OldConsumers Audience = "consumers-of-the-former-version"
)

// Audiences returns all of them.
func Audiences() []Audience { return []Audience{NewConsumers, OldConsumers} }

// Break is one thing that is not compatible.
type Break struct {
	// Path is where in the data, as a JSON Pointer, with * for any item or property.
	Path string `json:"path"`
	// Message says what was, and what is.
	Message string `json:"message"`
	// For is who breaks.
	For Audience `json:"for"`
}

// Problem is the break as an error tells it.
func (b Break) Problem() kernel.Problem {
	fix := "consumers that know only the former version cannot read it"
	if b.For == NewConsumers {
		fix = "consumers of the new version cannot read what was written before"
	}
	return kernel.Problem{Path: b.Path, Message: b.Message, Fix: fix}
}

// maxSteps bounds how many pairs of subschemas are compared.
const maxSteps = 20000

// Compare tells what breaks when next follows former under the rule: nothing is nil.
func Compare(former, next *Schema, rule Compatibility) ([]Break, error) {
	var all []Break
	if rule == Backward || rule == Full {
		breaks, err := broadens(former, next, NewConsumers)
		if err != nil {
			return nil, err
		}
		all = append(all, breaks...)
	}
	if rule == Forward || rule == Full {
		breaks, err := broadens(next, former, OldConsumers)
		if err != nil {
			return nil, err
		}
		all = append(all, breaks...)
	}
	return all, nil
}

// comparison holds what is written against what is read.
type comparison struct {
	written, read any
	audience      Audience
	seen          map[string]bool
	steps         int
	breaks        []Break
}

// broadens tells what of all that is valid by written is not valid by read.
func broadens(written, read *Schema, audience Audience) ([]Break, error) {
	c := &comparison{written: written.root, read: read.root, audience: audience, seen: map[string]bool{}}
	c.pair("", written.root, read.root)
	if c.steps > maxSteps {
		return nil, kernel.Errorf(kernel.TooLarge, "the schemas are too large to be compared").WithFix("make them smaller, or set the topic's compatibility to none")
	}
	return c.breaks, nil
}

func (c *comparison) report(path, format string, args ...any) {
	c.breaks = append(c.breaks, Break{Path: path, Message: fmt.Sprintf(format, args...), For: c.audience})
}

// try tells whether a pair breaks nothing, and reports nothing.
func (c *comparison) try(path string, w, r any) bool {
	t := &comparison{written: c.written, read: c.read, audience: c.audience, seen: map[string]bool{}, steps: c.steps}
	for key := range c.seen {
		t.seen[key] = true
	}
	t.pair(path, w, r)
	c.steps = t.steps
	return len(t.breaks) == 0
}

// pair holds one subschema that is written by against one that is read by.
func (c *comparison) pair(path string, w, r any) {
	if c.steps++; c.steps > maxSteps {
		return
	}
	w, from := c.follow(c.written, w, "")
	r, to := c.follow(c.read, r, "")
	if from != "" && to != "" { // it went through references on both sides: those may lead in a circle
		key := from + "\x00\x00" + to
		if c.seen[key] {
			return
		}
		c.seen[key] = true
	}
	switch r := r.(type) {
	case bool:
		if w != false && !r {
			c.report(path, "nothing is allowed here any more")
		}
	case map[string]any:
		switch w := w.(type) {
		case bool:
			if w && len(r) > 0 {
				c.object(path, map[string]any{}, r)
			}
		case map[string]any:
			c.object(path, w, r)
		}
	default:
		c.report(path, "a reference leads nowhere that can be compared")
	}
}

// follow resolves references that stand alone in a subschema, and notes them in key.
func (c *comparison) follow(root, v any, key string) (any, string) {
	for range 32 {
		m, _ := v.(map[string]any)
		ref, is := m["$ref"].(string)
		if !is {
			return v, key
		}
		target, ok := find(root, ref)
		if !ok {
			return nil, key
		}
		key += "\x00" + ref
		if len(m) > 1 { // what stands beside it holds as well
			rest := map[string]any{}
			for k, one := range m {
				if k != "$ref" {
					rest[k] = one
				}
			}
			parts, _ := rest["allOf"].([]any)
			rest["allOf"] = append(slices.Clone(parts), map[string]any{"$ref": ref})
			return rest, key
		}
		v = target
	}
	return nil, key
}

func (c *comparison) object(path string, w, r map[string]any) {
	if c.alternatives(path, w, r) {
		return
	}
	c.types(path, w, r)
	c.values(path, w, r)
	c.required(path, w, r)
	c.properties(path, w, r)
	c.items(path, w, r)
	c.bounds(path, w, r)
	c.others(path, w, r)
}

// alternatives takes schemas apart that say all, any or one of several; true is that nothing
// is left to compare.
func (c *comparison) alternatives(path string, w, r map[string]any) bool {
	for _, keyword := range []string{"anyOf", "oneOf"} {
		branches, is := w[keyword].([]any)
		if !is || same(w[keyword], r[keyword]) && !refers(branches) {
			continue
		}
		for _, b := range branches {
			c.pair(path, joined(w, keyword, b), r)
		}
		return true
	}
	if parts, is := w["allOf"].([]any); is {
		c.pair(path, merged(c, w, parts), r)
		return true
	}
	if parts, is := r["allOf"].([]any); is {
		c.pair(path, w, without(r, "allOf"))
		for _, p := range parts {
			c.pair(path, w, p)
		}
		return true
	}
	if branches, is := r["anyOf"].([]any); is && !same(w["anyOf"], r["anyOf"]) {
		c.pair(path, w, without(r, "anyOf"))
		if !slices.ContainsFunc(branches, func(b any) bool { return c.try(path, w, b) }) {
			c.report(path, "what is written matches none of the %d alternatives of anyOf for certain", len(branches))
		}
		return true
	}
	return false
}

func (c *comparison) types(path string, w, r map[string]any) {
	allowed := typesOf(r)
	if allowed == nil {
		return
	}
	written := typesOf(w)
	if written == nil {
		c.report(path, "the type was any, and is %s", words(allowed))
		return
	}
	for _, t := range written {
		if !slices.Contains(allowed, t) && (t != "integer" || !slices.Contains(allowed, "number")) {
			c.report(path, "the type %s is not allowed, it is %s", t, words(allowed))
		}
	}
}

func (c *comparison) values(path string, w, r map[string]any) {
	allowed, limited := valuesOf(r)
	if !limited {
		return
	}
	written, some := valuesOf(w)
	if !some {
		c.report(path, "any value was allowed, and %d are", len(allowed))
		return
	}
	for _, v := range written {
		if !slices.ContainsFunc(allowed, func(a any) bool { return same(a, v) }) {
			c.report(path, "the value %s is not allowed any more", short(v))
		}
	}
}

func (c *comparison) required(path string, w, r map[string]any) {
	given := texts(w["required"])
	for _, name := range texts(r["required"]) {
		if !slices.Contains(given, name) {
			c.report(path+"/"+escape(name), "it is required, and may be missing")
		}
	}
}

func (c *comparison) properties(path string, w, r map[string]any) {
	written, _ := w["properties"].(map[string]any)
	read, _ := r["properties"].(map[string]any)
	wRest, wLimited := w["additionalProperties"]
	rRest, rLimited := r["additionalProperties"]
	patterns := r["patternProperties"] != nil
	for _, name := range sorted(written) {
		at := path + "/" + escape(name)
		switch one, named := read[name]; {
		case named:
			c.pair(at, written[name], one)
		case rLimited && rRest == false && !patterns:
			c.report(at, "the property is not allowed: the schema that it is read with is closed")
		case rLimited && rRest != false:
			c.pair(at, written[name], rRest)
		}
	}
	if wLimited && wRest != false && wRest != true {
		for _, name := range sorted(read) {
			if _, named := written[name]; !named {
				c.pair(path+"/"+escape(name), wRest, read[name])
			}
		}
	}
	if !rLimited || rRest == true || !isObject(w) {
		return
	}
	if !wLimited {
		wRest = true
	}
	if rRest == false && wRest == true {
		c.report(path, "properties without a name in the schema are not allowed any more")
	} else if wRest != false {
		c.pair(path+"/*", wRest, rRest)
	}
}

func (c *comparison) items(path string, w, r map[string]any) {
	if !same(w["prefixItems"], r["prefixItems"]) || refers(r["prefixItems"]) {
		c.prefix(path, w, r)
	}
	read, limited := r["items"]
	if !limited || !isList(w) {
		return
	}
	written, some := w["items"]
	if !some {
		written = true
	}
	c.pair(path+"/*", written, read)
}

func (c *comparison) prefix(path string, w, r map[string]any) {
	written, _ := w["prefixItems"].([]any)
	read, _ := r["prefixItems"].([]any)
	rest, some := w["items"]
	if !some {
		rest = true
	}
	for i, one := range read {
		from := rest
		if i < len(written) {
			from = written[i]
		}
		c.pair(path+"/"+strconv.Itoa(i), from, one)
	}
	after, limited := r["items"]
	for i := len(read); limited && i < len(written); i++ {
		c.pair(path+"/"+strconv.Itoa(i), written[i], after)
	}
}
