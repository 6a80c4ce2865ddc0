package rego

import (
	"maps"
	"slices"
)

// depth is how many calls of modules the library follows into each other.
const depth = 4

// configuration is what the library finds in a configuration: its resources by their
// address, its calls by the prefix of theirs, and as they stand there.
type configuration struct {
	resources, calls map[string]any
	invoked          []any
}

// configured puts a configuration together as the library would. It returns false
// where that is not for Go to say: something has another shape than terraform gives
// it, or is there twice.
func configured(document map[string]any) (configuration, bool) {
	found := configuration{resources: map[string]any{}, calls: map[string]any{}, invoked: []any{}}
	root, ok := inside(document, "configuration", "root_module")
	if !ok {
		return configuration{}, false
	}
	ok = found.add(root, "", 0)
	return found, ok
}

// add takes the resources of a module and of those that it calls.
func (c *configuration) add(module map[string]any, prefix string, deep int) bool {
	items, ok := module["resources"].([]any)
	if !ok && module["resources"] != nil {
		return false
	}
	for _, item := range items {
		r, _ := item.(map[string]any)
		address, ok := r["address"].(string)
		if _, twice := c.resources[prefix+address]; !ok || twice {
			return false
		}
		c.resources[prefix+address] = r
	}
	calls, ok := inside(module, "module_calls")
	if !ok {
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		call, ok := inside(calls, name)
		if !ok {
			return false
		}
		c.invoked = append(c.invoked, map[string]any{
			"prefix": prefix, "name": name, "source": get(call, "source", ""), "version": get(call, "version_constraint", ""),
		})
		if deep == depth {
			continue
		}
		below := prefix + "module." + name + "."
		called, ok := inside(calls, name, "module")
		arguments, also := inside(calls, name, "expressions")
		if !ok || !also || !c.add(called, below, deep+1) {
			return false
		}
		c.calls[below] = map[string]any{"caller": prefix, "arguments": arguments}
	}
	return true
}

func get(o map[string]any, key string, fallback any) any {
	if v, there := o[key]; there {
		return v
	}
	return fallback
}

// inside follows keys; what is not there is an empty object, and false says that
// something is there which is no object.
func inside(o map[string]any, keys ...string) (map[string]any, bool) {
	for _, key := range keys {
		v, there := o[key]
		if !there {
			return map[string]any{}, true
		}
		next, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		o = next
	}
	return o, true
}
