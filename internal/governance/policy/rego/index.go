package rego

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// index is what the library makes of the changes of a plan, made here: with a
// thousand resources Rego takes a tenth of a second for it. It is at
// input.terrace.plan; the library makes the same where it is not there. It stays
// as Go has it, and Rego takes of it the types that a policy asks for.
func index(document map[string]any) map[string]any {
	changes, ok := document["resource_changes"].([]any)
	if !ok {
		return nil
	}
	indices := regexp.MustCompile(`\[("[^"]*"|\d+)\]`)
	lists := map[string]any{}
	for _, name := range []string{"resources", "existing", "created", "destroyed", "forgotten", "replaced", "updated"} {
		lists[name] = []any{}
	}
	types := map[string][]any{}
	for _, item := range changes {
		c, ok := item.(map[string]any)
		if !ok || text(c, "mode", "managed") != "managed" {
			continue
		}
		r, actions := resource(c, indices)
		for _, name := range listsOf(actions) {
			list, _ := lists[name].([]any)
			lists[name] = append(list, r)
		}
		if !gone(actions) {
			types[text(c, "type", "")] = append(types[text(c, "type", "")], r)
		}
	}
	byType, names := map[string]any{}, []any{}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		byType[name], names = types[name], append(names, name)
	}
	lists["by_type"], lists["types"] = byType, names
	return lists
}

// listsOf are the lists of the library that have a resource with these actions.
func listsOf(actions []any) []string {
	names := []string{"resources"}
	if !gone(actions) {
		names = append(names, "existing")
	}
	create, remove := slices.Contains(actions, any("create")), slices.Contains(actions, any("delete"))
	switch {
	case create && remove:
		names = append(names, "replaced")
	case only(actions, "create"):
		names = append(names, "created")
	case only(actions, "delete"):
		names = append(names, "destroyed")
	}
	for action, name := range map[string]string{"update": "updated", "forget": "forgotten"} {
		if slices.Contains(actions, any(action)) {
			names = append(names, name)
		}
	}
	return names
}

// gone resources are deleted or forgotten, and nothing takes their place.
func gone(actions []any) bool { return only(actions, "delete") || only(actions, "forget") }

func only(actions []any, name string) bool { return len(actions) == 1 && actions[0] == name }

// resource is what the library's change_of makes of a change.
func resource(c map[string]any, indices *regexp.Regexp) (r map[string]any, actions []any) {
	change := object(c, "change")
	actions, ok := change["actions"].([]any)
	if !ok {
		actions = []any{"no-op"}
	}
	address := text(c, "address", "")
	config := address
	if strings.Contains(address, "[") {
		config = indices.ReplaceAllString(address, "")
	}
	name := text(c, "name", config[strings.LastIndex(config, ".")+1:])
	return map[string]any{
		"address": address, "config": config, "type": text(c, "type", ""),
		"name": name, "module": moduleOf(c, config, name, indices), "actions": actions,
		"values": object(change, "after"), "before": object(change, "before"), "unknown": object(change, "after_unknown"),
	}, actions
}

func moduleOf(c map[string]any, config, name string, indices *regexp.Regexp) string {
	if module := text(c, "module_address", ""); module != "" {
		return indices.ReplaceAllString(module, "") + "."
	}
	if !strings.HasPrefix(config, "module.") {
		return ""
	}
	return strings.TrimSuffix(config, text(c, "type", "")+"."+name)
}

func object(o map[string]any, key string) map[string]any {
	if v, ok := o[key].(map[string]any); ok {
		return v
	}
	return map[string]any{}
}

func text(o map[string]any, key, fallback string) string {
	if s, ok := o[key].(string); ok {
		return s
	}
	return fallback
}
