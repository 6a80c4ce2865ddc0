package static

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// argument is a value that is given to a variable, with where it is written: a place
// in a file, or the flag.
type argument struct {
	value cty.Value
	at    hcl.Range
	flag  string
}

// hand gives a module what its call has for it. What it does not take, and lacks, is told.
func (m *module) hand(b *hclsyntax.Block, s scope, child *module) {
	call := m.address + "module." + b.Labels[0]
	for _, key := range slices.Sorted(maps.Keys(b.Body.Attributes)) {
		attr := b.Body.Attributes[key]
		switch {
		case meta[key]:
		case child.variables[key] == nil:
			m.wrong(attr.NameRange, call+" has no variable "+key, "Declare it in the module, or leave it out.")
		default:
			child.given[key] = argument{value: m.value(attr.Expr, s), at: attr.Expr.Range()}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(child.variables)) {
		if _, given := child.given[name]; !given && child.variables[name].Body.Attributes["default"] == nil {
			m.wrong(b.DefRange(), call+" needs the variable "+name+", which has no default", "Give it a value.")
		}
	}
}

// variable is what was given, or the default, in the variable's type.
func (m *module) variable(name string) cty.Value {
	b := m.variables[name]
	if b == nil {
		return cty.DynamicVal
	}
	t, defaults := m.typeOf(b)
	given, ok := m.given[name]
	if ok && given.value.IsKnown() && given.value.IsNull() && !m.nullable(b) {
		ok = false
	}
	if !ok {
		attr := b.Body.Attributes["default"]
		if attr == nil {
			return cty.DynamicVal
		}
		given = argument{value: m.value(attr.Expr, scope{}), at: attr.Expr.Range()}
	}
	v, err := converted(given.value, t, defaults)
	if err != nil {
		m.unsuitable(given, fmt.Sprintf("the value is none for the variable %s: %s", name, err), "Give it a value of its type, see "+b.DefRange().String()+".")
		return cty.UnknownVal(t)
	}
	return v
}

// unsuitable tells of a value where it is written.
func (m *module) unsuitable(a argument, message, fix string) {
	if a.flag != "" {
		m.tell(kernel.Problem{Path: a.flag, Message: message, Fix: fix})
		return
	}
	m.wrong(a.at, message, fix)
}

// nullable reports whether null stands for itself, not for the default.
func (m *module) nullable(b *hclsyntax.Block) bool {
	attr := b.Body.Attributes["nullable"]
	if attr == nil {
		return true
	}
	v := m.value(attr.Expr, scope{})
	return !v.IsKnown() || v.IsNull() || v.Type() != cty.Bool || v.True()
}

// typeOf is a variable's type, and the defaults of its optional parts.
func (m *module) typeOf(b *hclsyntax.Block) (cty.Type, *typeexpr.Defaults) {
	attr := b.Body.Attributes["type"]
	if attr == nil {
		return cty.DynamicPseudoType, nil
	}
	switch hcl.ExprAsKeyword(attr.Expr) {
	case "list":
		return cty.List(cty.DynamicPseudoType), nil
	case "map":
		return cty.Map(cty.DynamicPseudoType), nil
	}
	t, defaults, diags := typeexpr.TypeConstraintWithDefaults(attr.Expr)
	if diags.HasErrors() {
		m.wrong(attr.Expr.Range(), "this is no type: "+diags[0].Detail, "Write one such as string, number, bool, list(string) or object({...}).")
		return cty.DynamicPseudoType, nil
	}
	return t, defaults
}

// converted is a value in a type, with the marks that it had.
func converted(v cty.Value, t cty.Type, defaults *typeexpr.Defaults) (cty.Value, error) {
	plain, marks := v.UnmarkDeepWithPaths()
	if defaults != nil && plain.IsKnown() && !plain.IsNull() {
		plain = defaults.Apply(plain)
	}
	out, err := convert.Convert(plain, t)
	if err != nil {
		return v, err
	}
	return out.MarkWithPaths(marks), nil
}

// validate evaluates a variable, which nothing may read, and holds it against its own rules.
func (m *module) validate(name string) {
	v, _ := m.named("var", name).UnmarkDeep()
	if !v.IsWhollyKnown() {
		return
	}
	b := m.variables[name]
	for _, rule := range b.Body.Blocks {
		condition := rule.Body.Attributes["condition"]
		if rule.Type != "validation" || condition == nil {
			continue
		}
		ok, _ := m.value(condition.Expr, scope{}).UnmarkDeep()
		if ok.IsKnown() && !ok.IsNull() && ok.Type() == cty.Bool && ok.False() {
			m.unsuitable(m.origin(b), fmt.Sprintf("the value of the variable %s is refused: %s", name, m.says(rule)), "See the rule at "+condition.Expr.Range().String()+".")
		}
	}
}

// origin is what a variable has its value from.
func (m *module) origin(b *hclsyntax.Block) argument {
	if given, ok := m.given[b.Labels[0]]; ok {
		return given
	}
	return argument{at: b.DefRange()}
}

// says is the message of a rule.
func (m *module) says(rule *hclsyntax.Block) string {
	const plain = "it does not meet its condition"
	attr := rule.Body.Attributes["error_message"]
	if attr == nil {
		return plain
	}
	v, _ := m.value(attr.Expr, scope{}).UnmarkDeep()
	if !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return plain
	}
	return cmp.Or(v.AsString(), plain)
}
