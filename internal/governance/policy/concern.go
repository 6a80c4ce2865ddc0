package policy

import "slices"

// Types are the types of the resources and data sources that a document tells
// of, wherever it does: changes, values, states, configuration. They are nil where
// it tells of none of these, so that nobody can say.
func (in Input) Types() map[string]bool {
	t := &typed{found: map[string]bool{}}
	d := in.Document
	for _, key := range []string{"resource_changes", "resource_drift"} {
		t.list(d[key])
	}
	t.tree(d["planned_values"])
	t.tree(d)
	t.tree(field(d["prior_state"], "values"))
	t.tree(d["configuration"])
	if !t.known {
		return nil
	}
	return t.found
}

// Concerns reports whether a policy has anything to say where there are these
// types: it looks at one of them, or does not say what it looks at.
func (p Policy) Concerns(types map[string]bool) bool {
	return types == nil || len(p.Resources) == 0 ||
		slices.ContainsFunc(p.Resources, func(name string) bool { return name == "*" || types[name] })
}

// typed collects types.
type typed struct {
	found map[string]bool
	known bool
}

// list takes the types of resources.
func (t *typed) list(v any) {
	items, ok := v.([]any)
	t.known = t.known || ok
	for _, item := range items {
		if name, ok := field(item, "type").(string); ok {
			t.found[name] = true
		}
	}
}

// tree takes those of the modules below values or below a configuration.
func (t *typed) tree(v any) {
	for _, key := range []string{"values", "root_module"} {
		if next := field(v, key); next != nil {
			t.known = true
			t.module(next)
		}
	}
}

func (t *typed) module(m any) {
	t.list(field(m, "resources"))
	if root := field(m, "root_module"); root != nil {
		t.module(root)
	}
	children, _ := field(m, "child_modules").([]any)
	for _, child := range children {
		t.module(child)
	}
	calls, _ := field(m, "module_calls").(map[string]any)
	for _, call := range calls {
		t.module(field(call, "module"))
	}
}

func field(v any, key string) any {
	m, _ := v.(map[string]any)
	return m[key]
}
