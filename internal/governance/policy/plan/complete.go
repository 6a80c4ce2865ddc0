package plan

import (
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// Complete puts planned_values, and the resources of prior_state, which a run does not
// keep of a plan, back in place where they are missing; of prior_state it keeps the
// data sources and outputs. They have the values of resource_changes themselves, so
// what is hidden there is hidden here.
func Complete(in policy.Input) {
	d := in.Document
	planned, prior := newTree(map[string]any{}), newTree(rootOf(d["prior_state"]))
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

// rootOf is the root module of a state, made where it has values without one; of what
// is no state of terraform it is nowhere.
func rootOf(state any) map[string]any {
	values := object(object(state)["values"])
	if values == nil {
		return map[string]any{}
	}
	if object(values["root_module"]) == nil {
		values["root_module"] = map[string]any{}
	}
	return object(values["root_module"])
}

// tree are modules as `terraform show -json` nests them.
type tree struct {
	root map[string]any
	// modules are those below it, by address.
	modules map[string]map[string]any
	// there are the addresses of resources that it had.
	there map[string]bool
}

func newTree(root map[string]any) tree {
	t := tree{root: root, modules: map[string]map[string]any{}, there: map[string]bool{}}
	t.read(root)
	return t
}

// read takes what is in a module already.
func (t tree) read(module map[string]any) {
	if address, _ := module["address"].(string); address != "" {
		t.modules[address] = module
	}
	for _, r := range items(module["resources"]) {
		address, _ := object(r)["address"].(string)
		t.there[address] = true
	}
	for _, child := range items(module["child_modules"]) {
		t.read(object(child))
	}
}

// add puts a resource with its values where the change of it says.
func (t tree) add(rc map[string]any, values, marks any) {
	if at, _ := rc["address"].(string); t.there[at] {
		return
	}
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
