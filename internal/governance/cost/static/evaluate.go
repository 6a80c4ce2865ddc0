package static

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// value evaluates an expression; what cannot be known is unknown, with the
// marks of everything that the expression names.
func (m *module) value(expr hclsyntax.Expression, s scope) cty.Value {
	v, _ := m.evaluate(expr, s)
	return v
}

// evaluate also tells why a value cannot be evaluated.
func (m *module) evaluate(expr hclsyntax.Expression, s scope) (cty.Value, string) {
	if m.stop() != nil {
		return cty.DynamicVal, ""
	}
	at := expr.Range()
	outer := m.at.Swap(&at)
	defer m.at.Store(outer)
	if m.steps++; m.steps > maxSteps {
		_ = m.fail(fmt.Sprintf("expressions refer to one another through more than %d others", maxSteps), smaller) // the reading ends with it
	}
	defer func() { m.steps-- }()
	v, diags := expr.Value(&hcl.EvalContext{Variables: m.names(expr, s), Functions: m.functions()})
	if diags.HasErrors() {
		return m.unknown(expr), strings.TrimSuffix(diags[0].Summary, ".") + ": " + diags[0].Detail
	}
	if m.charge(v) != nil {
		return cty.DynamicVal, ""
	}
	return v, ""
}

// names are the values of what an expression names.
func (m *module) names(expr hclsyntax.Expression, s scope) map[string]cty.Value {
	variables := map[string]cty.Value{}
	for name, v := range s.names {
		variables[name] = v
	}
	groups := map[string]map[string]cty.Value{}
	for _, t := range expr.Variables() {
		m.resolve(t, variables, groups)
	}
	for root, members := range groups {
		variables[root] = cty.ObjectVal(members)
	}
	return variables
}

// unknown is the value of an expression that cannot be evaluated.
func (m *module) unknown(expr hclsyntax.Expression) cty.Value {
	v := cty.DynamicVal
	for _, t := range expr.Variables() {
		if name, ok := second(t); ok && m.resources[t.RootName()][name] != nil {
			v = v.Mark(ref{m.address + t.RootName() + "." + name})
		}
	}
	return v
}

// resolve makes what a traversal begins with available.
func (m *module) resolve(t hcl.Traversal, variables map[string]cty.Value, groups map[string]map[string]cty.Value) {
	root := t.RootName()
	if _, ok := variables[root]; ok && groups[root] == nil {
		return
	}
	name, ok := second(t)
	if !ok {
		return
	}
	if groups[root] == nil {
		groups[root] = map[string]cty.Value{}
	}
	if _, done := groups[root][name]; done && root != "data" {
		return
	}
	m.demand(t, root, name)
	groups[root][name] = m.named(root, name)
}

// demand tells of what is named and not declared.
func (m *module) demand(t hcl.Traversal, root, name string) {
	known := true
	switch {
	case root == "var":
		known = m.variables[name] != nil
	case root == "local":
		known = m.locals[name] != nil
	case root == "module":
		known = m.calls[name] != nil
	case strings.Contains(root, "_"):
		known = m.resources[root][name] != nil
	}
	if !known {
		m.wrong(t.SourceRange(), root+"."+name+" is not declared", "Declare it, or correct the name.")
	}
}

// cycle tells of values that depend on one another. What goes through a module need
// not: its outputs depend on some of its inputs alone.
func (m *module) cycle(names []string) {
	if !slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, "module.") }) {
		m.wrong(m.place(), m.address+names[0]+" depends on itself: "+strings.Join(append(slices.Clone(names), names[0]), " -> "), "Take one of them out of the circle.")
	}
}

func (m *module) named(root, name string) cty.Value {
	switch root {
	case "path":
		return cty.StringVal(map[string]string{"module": m.dir, "root": ".", "cwd": "."}[name])
	case "terraform":
		if name != "workspace" {
			return cty.DynamicVal
		}
		return cty.StringVal(m.workspace())
	case "data":
		return cty.DynamicVal
	case "var", "local", "module":
	default:
		if m.resources[root][name] == nil {
			return cty.DynamicVal
		}
	}
	key := root + "." + name
	if v, ok := m.known[key]; ok {
		return v
	}
	if i := slices.Index(m.busy, key); i >= 0 {
		m.cycle(m.busy[i:])
		return cty.DynamicVal
	}
	m.busy = append(m.busy, key)
	v := m.compute(root, name)
	m.busy = m.busy[:len(m.busy)-1]
	m.known[key] = v
	return v
}

func (m *module) compute(root, name string) cty.Value {
	switch root {
	case "var":
		return m.variable(name)
	case "local":
		if attr := m.locals[name]; attr != nil {
			return m.value(attr.Expr, scope{})
		}
	case "module":
		if b := m.calls[name]; b != nil {
			return m.callValue(b)
		}
	default:
		return m.resourceValue(m.resources[root][name])
	}
	return cty.DynamicVal
}

// resourceValue is what references to a resource see.
func (m *module) resourceValue(b *hclsyntax.Block) cty.Value {
	list, err := m.instancesOf(b)
	if err != nil {
		return cty.DynamicVal
	}
	_, kind, err := m.repeat(b)
	if err != nil {
		return cty.DynamicVal
	}
	values := make([]cty.Value, 0, len(list))
	keys := make([]cty.Value, 0, len(list))
	for _, i := range list {
		values, keys = append(values, m.referred(b, i)), append(keys, i.key)
	}
	return gathered(kind, keys, values)
}

// referred is an instance with what a provider computes as unknown, marked
// with the resource.
func (m *module) referred(b *hclsyntax.Block, i *instance) cty.Value {
	mark := ref{m.address + b.Labels[0] + "." + b.Labels[1]}
	object := map[string]cty.Value{}
	for name := range m.asked {
		object[name] = cty.DynamicVal.Mark(mark)
	}
	for name, v := range i.object {
		object[name] = v.Mark(mark)
	}
	return cty.ObjectVal(object)
}

func gathered(kind repetition, keys, values []cty.Value) cty.Value {
	switch {
	case kind == once && len(values) == 1:
		return values[0]
	case kind == keyed:
		object := map[string]cty.Value{}
		for i, key := range keys {
			object[key.AsString()] = values[i]
		}
		return cty.ObjectVal(object)
	case kind == counted:
		return cty.TupleVal(values)
	}
	return cty.DynamicVal
}

// callValue is what references to a module see: its outputs.
func (m *module) callValue(b *hclsyntax.Block) cty.Value {
	c, err := m.call(b)
	if err != nil || len(c.list) == 0 && c.kind == once {
		return cty.DynamicVal
	}
	var values []cty.Value
	for _, child := range c.list {
		outputs := map[string]cty.Value{}
		for name, o := range child.outputs {
			if attr := o.Body.Attributes["value"]; attr != nil {
				outputs[name] = child.value(attr.Expr, scope{})
			}
		}
		values = append(values, cty.ObjectVal(outputs))
	}
	return gathered(c.kind, c.keys, values)
}

// second is the name after the root of a traversal.
func second(t hcl.Traversal) (string, bool) {
	if len(t) < 2 {
		return "", false
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String {
			return step.Key.AsString(), true
		}
	}
	return "", false
}
