package rego

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// resource is what the library's change_of makes of a change, as Go has it.
type resource struct {
	fields  map[string]any
	address string
	kind    string
	// lists are those of the library that it is in.
	lists []string
	gone  bool
	// written is the change as it is written, where that is known.
	written []byte
	// value is it as Rego has it, where it was converted.
	value ast.Value
}

// resources are those of the changes of a plan, made here: with a thousand of them
// Rego takes a tenth of a second for it. The library makes the same where nobody
// did. It returns false where the document has no changes.
func resources(in policy.Input, configuration map[string]any) ([]resource, bool) {
	changes, ok := in.Document["resource_changes"].([]any)
	if !ok {
		return nil, false
	}
	written := in.Written
	if len(written) != len(changes) {
		written = make([][]byte, len(changes))
	}
	all := make([]resource, 0, len(changes))
	for i, item := range changes {
		c, ok := item.(map[string]any)
		if !ok || text(c, "mode", "managed") != "managed" {
			continue
		}
		fields, actions := fieldsOf(c)
		address, _ := fields["config"].(string)
		fields["configuration"] = object(configuration, address)
		all = append(all, resource{
			fields: fields, address: text(c, "address", ""), kind: text(c, "type", ""), lists: listsOf(actions), gone: gone(actions),
			written: written[i],
		})
	}
	return all, true
}

// lists are what is at input.terrace.plan for some of the resources. What was not
// converted stays as Go has it, and Rego takes of it the types that a policy asks for.
func lists(some []*resource) map[string]any {
	all := map[string]any{}
	for _, name := range []string{"resources", "existing", "created", "destroyed", "forgotten", "replaced", "updated"} {
		all[name] = []any{}
	}
	types := map[string][]any{}
	for _, r := range some {
		item := any(r.fields)
		if r.value != nil {
			item = r.value
		}
		for _, name := range r.lists {
			list, _ := all[name].([]any)
			all[name] = append(list, item)
		}
		if !r.gone {
			types[r.kind] = append(types[r.kind], item)
		}
	}
	byType, names := map[string]any{}, []any{}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		byType[name], names = types[name], append(names, name)
	}
	all["by_type"], all["types"] = byType, names
	return all
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

// fieldsOf is what change_of makes of a change.
func fieldsOf(c map[string]any) (r map[string]any, actions []any) {
	change := object(c, "change")
	actions, ok := change["actions"].([]any)
	if !ok {
		actions = []any{"no-op"}
	}
	address := text(c, "address", "")
	config := withoutIndices(address)
	name := text(c, "name", config[strings.LastIndex(config, ".")+1:])
	return map[string]any{
		"address": address, "config": config, "type": text(c, "type", ""),
		"name": name, "module": moduleOf(c, config, name), "actions": actions,
		"values": object(change, "after"), "before": object(change, "before"), "unknown": object(change, "after_unknown"),
	}, actions
}

func moduleOf(c map[string]any, config, name string) string {
	if module := text(c, "module_address", ""); module != "" {
		return withoutIndices(module) + "."
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

// withoutIndices is an address without what is in brackets: numbers, and texts.
func withoutIndices(address string) string {
	if !strings.Contains(address, "[") {
		return address
	}
	var short strings.Builder
	for rest := address; ; {
		before, after, found := strings.Cut(rest, "[")
		short.WriteString(before)
		if !found {
			return short.String()
		}
		if end := indexEnd(after); end > 0 {
			rest = after[end:]
			continue
		}
		short.WriteByte('[')
		rest = after
	}
}

// indexEnd is where an index ends that s begins with, behind its bracket; 0 where it
// is none.
func indexEnd(s string) int {
	if strings.HasPrefix(s, `"`) {
		if end := strings.IndexByte(s[1:], '"'); end >= 0 && strings.HasPrefix(s[end+2:], "]") {
			return end + 3
		}
		return 0
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits > 0 && strings.HasPrefix(s[digits:], "]") {
		return digits + 1
	}
	return 0
}
