package planformat

import (
	"fmt"
	"slices"
)

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
