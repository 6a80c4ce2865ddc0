package planformat

import (
	"encoding/json"
	"fmt"
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

// plan checks a plan; it returns false where it has nothing that a plan has.
func (c *checker) plan(d map[string]any) bool {
	changes, changed := d["resource_changes"]
	planned, there := d["planned_values"].(map[string]any)
	if !changed && !there {
		return c.fragment && d["configuration"] != nil
	}
	if changed {
		c.changes(changes, "resource_changes")
	}
	if list, ok := changes.([]any); ok && len(list) == 0 && !c.fragment && hasResources(planned["root_module"]) {
		c.wrong("there is none in it, and planned_values has resources: terraform tells of each what happens to it, and rules would pass over all of them", "resource_changes")
	}
	if there {
		c.tree(planned, "planned_values")
	} else if d["planned_values"] != nil {
		c.other(d["planned_values"], "an object", "planned_values")
	}
	if v, ok := d["resource_drift"]; ok {
		c.changes(v, "resource_drift")
	}
	for _, name := range []string{"output_changes", "variables"} {
		c.objects(d[name], name)
	}
	for _, name := range []string{"prior_state", "configuration"} {
		if o := c.object(d[name], name); o != nil {
			c.object(o["root_module"], name, "root_module")
		}
	}
	if prior, _ := d["prior_state"].(map[string]any); prior != nil && prior["values"] != nil {
		c.tree(prior["values"], "prior_state", "values")
	}
	c.whole(d)
	return true
}

// whole checks what a plan says of itself.
func (c *checker) whole(d map[string]any) {
	for _, name := range []string{"errored", "complete", "applyable"} {
		if _, ok := d[name].(bool); !ok && d[name] != nil {
			c.other(d[name], "true or false", name)
		}
	}
	for i, item := range c.list(d["deferred_changes"], nil, "deferred_changes") {
		o, _ := item.(map[string]any)
		if _, ok := o["resource_change"].(map[string]any); !ok {
			c.other(o["resource_change"], "an object", "deferred_changes", i, "resource_change")
		}
	}
	for i, item := range c.list(d["action_invocations"], nil, "action_invocations") {
		c.invocation(item, "action_invocations", i)
	}
	for i, item := range c.list(d["deferred_action_invocations"], nil, "deferred_action_invocations") {
		o, _ := item.(map[string]any)
		c.invocation(o["action_invocation"], "deferred_action_invocations", i, "action_invocation")
	}
}

// invocation checks what says which of an action's arguments are sensitive.
func (c *checker) invocation(v any, path ...any) {
	o, ok := v.(map[string]any)
	if !ok {
		c.other(v, "an object", path...)
		return
	}
	if v := o["config_values"]; v != nil && !isObject(v) {
		c.other(v, "an object", with(path, "config_values")...)
	}
	if v := o["config_sensitive"]; !isMark(v) {
		c.other(v, "an object, true or false", with(path, "config_sensitive")...)
	}
}

// hasResources reports whether a module of values, or one in it, has a resource.
func hasResources(module any) bool {
	m, _ := module.(map[string]any)
	if list, _ := m["resources"].([]any); len(list) > 0 {
		return true
	}
	children, _ := m["child_modules"].([]any)
	return slices.ContainsFunc(children, hasResources)
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

func (c *checker) changes(v any, name string) {
	list, ok := v.([]any)
	if !ok {
		c.other(v, "a list", name)
		return
	}
	for i, item := range list {
		rc, ok := item.(map[string]any)
		if !ok {
			c.other(item, "an object", name, i)
			continue
		}
		c.named(rc, name, i)
		change, ok := rc["change"].(map[string]any)
		if !ok {
			c.other(rc["change"], "an object", name, i, "change")
			continue
		}
		c.change(change, name, i)
	}
}

// named checks what says which resource something is.
func (c *checker) named(r map[string]any, path ...any) {
	for _, key := range []string{"address", "type"} {
		if s, ok := r[key].(string); !ok || s == "" {
			c.other(r[key], "a text", with(path, key)...)
		}
	}
	switch r["mode"] {
	case nil, "managed", "data", "ephemeral":
	default:
		c.wrong(fmt.Sprintf("the mode %v is not known", r["mode"]), with(path, "mode")...)
	}
	for _, key := range []string{"name", "module_address", "provider_name", "previous_address", "deposed"} {
		if _, ok := r[key].(string); !ok && r[key] != nil {
			c.other(r[key], "a text", with(path, key)...)
		}
	}
}

// change checks what happens to a resource.
func (c *checker) change(change map[string]any, path ...any) {
	c.actions(change["actions"], path)
	for _, key := range []string{"before", "after"} {
		if v := change[key]; v != nil && !isObject(v) {
			c.other(v, "an object or null", with(path, "change", key)...)
		}
	}
	if v := change["after_unknown"]; v != nil && v != false && !isObject(v) {
		c.other(v, "an object", with(path, "change", "after_unknown")...)
	}
	for _, key := range []string{"before_sensitive", "after_sensitive"} {
		if v := change[key]; !isMark(v) {
			c.other(v, "an object, true or false", with(path, "change", key)...)
		}
	}
}

func (c *checker) actions(v any, path []any) {
	list, ok := v.([]any)
	switch {
	case v == nil && c.fragment:
	case !ok:
		c.other(v, "a list of texts", with(path, "change", "actions")...)
	case len(list) == 0:
		c.wrong("there is none in it, and one is expected", with(path, "change", "actions")...)
	}
	for i, action := range list {
		word, ok := action.(string)
		switch {
		case !ok || word == "":
			c.other(action, "a text", with(path, "change", "actions", i)...)
		case !isAction(word):
			c.wrong(fmt.Sprintf("the action %q is not known: no-op, create, read, update, delete and forget are", word), with(path, "change", "actions", i)...)
		}
	}
}

// isAction reports whether terraform has such an action. Of one that it does not have
// nobody knows whether it destroys something.
func isAction(word string) bool {
	switch word {
	case "no-op", "create", "read", "update", "delete", "forget":
		return true
	default:
		return false
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

// stateFile checks a state as terraform keeps it.
func (c *checker) stateFile(d map[string]any) {
	for i, item := range c.list(d["resources"], nil, "resources") {
		r, ok := item.(map[string]any)
		if !ok {
			c.other(item, "an object", "resources", i)
			continue
		}
		for _, key := range []string{"mode", "type", "name"} {
			if !isName(r[key]) {
				c.other(r[key], "a text", "resources", i, key)
			}
		}
		if _, ok := r["module"].(string); !ok && r["module"] != nil {
			c.other(r["module"], "a text", "resources", i, "module")
		}
		for j, item := range c.list(r["instances"], []any{"resources", i}, "instances") {
			c.instance(item, "resources", i, "instances", j)
		}
	}
}

func (c *checker) instance(v any, path ...any) {
	o, ok := v.(map[string]any)
	switch attributes := o["attributes"]; {
	case !ok:
		c.other(v, "an object", path...)
	case attributes == nil && o["attributes_flat"] != nil:
		c.wrong("it was written before Terraform 0.12, and nothing has read it since: refresh the state", with(path, "attributes_flat")...)
	case attributes != nil && !isObject(attributes):
		c.other(attributes, "an object", with(path, "attributes")...)
	}
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
