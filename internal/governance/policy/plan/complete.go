package plan

import (
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// Complete puts planned_values and prior_state, which a run does not keep of a plan,
// back in place where they are missing. They have the values of resource_changes
// themselves, so what is hidden there is hidden here. Data sources that were read
// already are in no change, and in none of them.
func Complete(in policy.Input) {
	d := in.Document
	planned, prior := newTree(), newTree()
	for _, item := range items(d["resource_changes"]) {
		rc := object(item)
		change := object(rc["change"])
		after, before, marks := change["after"], change["before"], "before_sensitive"
		if after != nil {
			planned.add(rc, after, change["after_sensitive"])
		}
		if before == nil && slices.Equal(items(change["actions"]), []any{"no-op"}) { // nobody kept it twice
			before, marks = after, "after_sensitive"
		}
		if before != nil {
			prior.add(rc, before, change[marks])
		}
	}
	if values := object(d["planned_values"]); values["root_module"] == nil {
		whole := map[string]any{"root_module": planned.root}
		if outputs, ok := values["outputs"]; ok {
			whole["outputs"] = outputs
		}
		d["planned_values"] = whole
	}
	if d["prior_state"] == nil && len(prior.root) > 0 {
		d["prior_state"] = map[string]any{"values": map[string]any{"root_module": prior.root}}
	}
}

// tree are modules as `terraform show -json` nests them.
type tree struct {
	root map[string]any
	// modules are those below it, by address.
	modules map[string]map[string]any
}

func newTree() tree {
	return tree{root: map[string]any{}, modules: map[string]map[string]any{}}
}

// add puts a resource with its values where the change of it says.
func (t tree) add(rc map[string]any, values, marks any) {
	node := map[string]any{"values": values}
	for _, name := range []string{"address", "mode", "type", "name", "index", "provider_name"} {
		if v, ok := rc[name]; ok {
			node[name] = v
		}
	}
	if deposed, ok := rc["deposed"]; ok {
		node["deposed_key"] = deposed
	}
	if marks != nil {
		node["sensitive_values"] = marks
	}
	address, _ := rc["module_address"].(string)
	module := t.module(address)
	module["resources"] = append(items(module["resources"]), node)
}

func (t tree) module(address string) map[string]any {
	if address == "" {
		return t.root
	}
	if known := t.modules[address]; known != nil {
		return known
	}
	made := map[string]any{"address": address}
	t.modules[address] = made
	parent := t.module(parentOf(address))
	parent["child_modules"] = append(items(parent["child_modules"]), made)
	return made
}

// parentOf is the address of the module that a module is in: module.a["x.y"] of
// module.a["x.y"].module.b.
func parentOf(address string) string {
	var dots []int
	quoted := false
	for i := 0; i < len(address); i++ {
		switch c := address[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			dots = append(dots, i)
		}
	}
	if len(dots) < 2 {
		return ""
	}
	return address[:dots[len(dots)-2]]
}
