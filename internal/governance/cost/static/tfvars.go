package static

import (
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// fill gives the root module its values: of the environment first, then of files, then
// what was told. As terraform does, it warns of values in files that no variable takes,
// and refuses those of flags; the environment may have what others ask for.
func (m *module) fill(o Options) error {
	m.environs()
	for _, name := range varFiles(m.fsys) {
		if err := m.values(name); err != nil {
			return err
		}
	}
	for _, g := range o.Given {
		if g.File == "" {
			m.told(g.Name, g.Value)
			continue
		}
		if g.Text != nil {
			m.outside[path.Clean(g.File)] = g.Text
		}
		if err := m.values(g.File); err != nil {
			return err
		}
	}
	return nil
}

// values takes those of a file.
func (m *module) values(name string) error {
	attrs, err := m.valueFile(path.Clean(name))
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		if err := m.assign(key, attrs[key]); err != nil {
			return err
		}
	}
	return nil
}

// assign takes a value of a file.
func (m *module) assign(name string, attr *hcl.Attribute) error {
	if m.variables[name] == nil {
		m.warnings = append(m.warnings, kernel.Problem{
			File: attr.NameRange.Filename, Line: attr.NameRange.Start.Line, Column: attr.NameRange.Start.Column,
			Message: "there is no variable " + name + ": its value changes nothing", Fix: "Declare it, or take it out.",
		})
		return nil
	}
	v, diags := attr.Expr.Value(nil)
	if diags.HasErrors() {
		return diagnosed(diags)
	}
	m.given[name] = argument{value: v, at: attr.Expr.Range()}
	return nil
}

// told takes a value of a flag.
func (m *module) told(name, text string) {
	b, flag := m.variables[name], "--var "+name
	if b == nil {
		m.tell(kernel.Problem{Path: flag, Message: "the configuration has no variable " + name, Fix: "Correct the name, or declare the variable."})
		return
	}
	m.write(b, flag, text)
}

// write takes a value that is written outside of files, where at tells.
func (m *module) write(b *hclsyntax.Block, at, text string) {
	v, why := m.literal(b, text)
	if why != "" {
		m.tell(kernel.Problem{Path: at, Message: "the value is not understood: " + why, Fix: "Write it as in a file of values, such as '[\"a\", \"b\"]'."})
	}
	m.given[b.Labels[0]] = argument{value: v, flag: at}
}

// literal reads a value as the command line gives it: text for a variable of a simple
// type or none, an expression for any other.
func (m *module) literal(b *hclsyntax.Block, text string) (cty.Value, string) {
	t, _ := m.typeOf(b)
	if b.Body.Attributes["type"] == nil || t.IsPrimitiveType() {
		return cty.StringVal(text), ""
	}
	if err := shallow(configTokens([]byte(text), "--var")); err != nil {
		return cty.DynamicVal, "it is nested too deep"
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), "--var", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal, diags[0].Detail
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() {
		return cty.DynamicVal, diags[0].Detail
	}
	return v, ""
}

// valueFile are the values of a file.
func (r *reader) valueFile(name string) (hcl.Attributes, error) {
	if strings.HasSuffix(name, ".json") {
		return r.valueJSON(name)
	}
	body, err := r.parse(name)
	if err != nil {
		return nil, err
	}
	for _, b := range body.Blocks {
		r.wrong(b.DefRange(), "a file of values has no blocks", "Write NAME = VALUE; variables are declared in files *.tf.")
	}
	out := hcl.Attributes{}
	for key, attr := range body.Attributes {
		out[key] = attr.AsHCLAttribute()
	}
	return out, nil
}

func (r *reader) valueJSON(name string) (hcl.Attributes, error) {
	src, shown, err := r.jsonSource(name)
	if err != nil {
		return nil, err
	}
	file, diags := json.Parse(src, shown)
	if diags.HasErrors() {
		return nil, diagnosed(diags)
	}
	attrs, diags := file.Body.JustAttributes()
	if diags.HasErrors() {
		return nil, diagnosed(diags)
	}
	return attrs, nil
}

// jsonSource reads a file of JSON that does not nest too deep, and returns how it is
// called, too.
func (r *reader) jsonSource(name string) (src []byte, shown string, err error) {
	shown = r.shown(name)
	if src, err = r.source(name); err != nil {
		return nil, shown, err
	}
	return src, shown, shallowJSON(src, shown)
}

// varFiles are the files of values that Terraform reads by itself, in its order.
func varFiles(fsys fs.FS) []string {
	var out, auto []string
	for _, name := range []string{"terraform.tfvars", "terraform.tfvars.json"} {
		if _, err := fs.Stat(fsys, name); err == nil {
			out = append(out, name)
		}
	}
	for _, pattern := range []string{"*.auto.tfvars", "*.auto.tfvars.json"} {
		found, _ := fs.Glob(fsys, pattern) // the patterns are right
		auto = append(auto, found...)
	}
	slices.Sort(auto)
	return append(out, auto...)
}
