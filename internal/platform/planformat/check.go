package planformat

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

// most bounds what is told of one document.
const most = 5

// checker looks whether what is in a document has the shape that terraform gives it:
// rules and prices find nothing in what has another one, and would pass.
type checker struct {
	name string
	// content is what the document was read from, nil where nobody has it.
	content []byte
	// fragment tells that the document is a part of one.
	fragment bool
	problems []kernel.Problem
}

// wrong notes what is wrong at a place of the document.
func (c *checker) wrong(message string, path ...any) {
	if len(c.problems) == most {
		return
	}
	p := kernel.Problem{File: c.name, Path: written(path), Message: message}
	if c.content != nil {
		p.Line, p.Column = jsonscan.Position(c.content, jsonscan.Find(c.content, path...))
	}
	c.problems = append(c.problems, p)
}

// other notes that something else is there than is expected.
func (c *checker) other(v any, expected string, path ...any) {
	is := "it is " + kindOf(v)
	if v == nil && len(path) > 0 {
		is = "it is null or missing"
	}
	c.wrong(is+", and "+expected+" is expected", path...)
}

// written is a path as people write it.
func written(path []any) string {
	var b strings.Builder
	for _, step := range path {
		switch step := step.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(step) + "]")
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(step)
		}
	}
	return b.String()
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case string:
		return "a text"
	case json.Number, float64, int:
		return "a number"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

// object is an object, nil where there is none.
func (c *checker) object(v any, path ...any) map[string]any {
	o, ok := v.(map[string]any)
	if !ok && v != nil {
		c.other(v, "an object", path...)
	}
	return o
}

// objects are objects by their names, or nothing.
func (c *checker) objects(v any, name string) {
	for key, item := range c.object(v, name) {
		if _, ok := item.(map[string]any); !ok {
			c.other(item, "an object", name, key)
		}
	}
}

// tree checks the modules of values, and their resources.
func (c *checker) tree(v any, path ...any) {
	values := c.object(v, path...)
	if values["root_module"] != nil {
		c.module(values["root_module"], with(path, "root_module")...)
	}
	for name, output := range c.object(values["outputs"], with(path, "outputs")...) {
		c.object(output, with(path, "outputs", name)...)
	}
}

func (c *checker) module(v any, path ...any) {
	m := c.object(v, path...)
	for i, item := range c.list(m["resources"], path, "resources") {
		r, ok := item.(map[string]any)
		if !ok {
			c.other(item, "an object", with(path, "resources", i)...)
			continue
		}
		if !isName(r["address"]) || !isName(r["type"]) || r["mode"] != "managed" || r["name"] == nil {
			c.named(r, with(path, "resources", i)...)
		}
		if v := r["values"]; v != nil && !isObject(v) {
			c.other(v, "an object or null", with(path, "resources", i, "values")...)
		}
		if v := r["sensitive_values"]; !isMark(v) {
			c.other(v, "an object, true or false", with(path, "resources", i, "sensitive_values")...)
		}
	}
	for i, child := range c.list(m["child_modules"], path, "child_modules") {
		c.module(child, with(path, "child_modules", i)...)
	}
}

// list is a list, nil where there is none.
func (c *checker) list(v any, path []any, name string) []any {
	list, ok := v.([]any)
	if !ok && v != nil {
		c.other(v, "a list", with(path, name)...)
	}
	return list
}

func with(path []any, steps ...any) []any { return slices.Concat(path, steps) }

func isName(v any) bool { s, ok := v.(string); return ok && s != "" }

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

// isMark reports whether a value says which others are sensitive: what is hidden goes by it.
func isMark(v any) bool {
	switch v.(type) {
	case nil, bool, map[string]any, []any:
		return true
	default:
		return false
	}
}
