package static

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

// meta are the arguments that belong to Terraform, not to a resource.
//
//nolint:gochecknoglobals // a constant table
var meta = map[string]bool{
	"count": true, "for_each": true, "provider": true, "providers": true, "depends_on": true,
	"lifecycle": true, "source": true, "version": true, "provisioner": true, "connection": true,
}

// instance is an evaluated resource: for estimates and for references to it.
type instance struct {
	resource *cost.Resource
	object   map[string]cty.Value
	key      cty.Value
}

// ref marks a value with the resource it comes of.
type ref struct{ block string }

func (m *module) instancesOf(b *hclsyntax.Block) ([]*instance, error) {
	if list, ok := m.instances[b]; ok {
		return list, nil
	}
	scopes, _, err := m.repeat(b)
	if err != nil {
		return nil, err
	}
	var list []*instance
	for _, s := range scopes {
		i, err := m.instance(b, s)
		if err != nil {
			return nil, err
		}
		list = append(list, i)
	}
	m.instances[b] = list
	return list, nil
}

func (m *module) instance(b *hclsyntax.Block, s scope) (*instance, error) {
	s.of = m.of(b)
	object, err := m.body(b.Body, s, 0)
	if err != nil {
		return nil, err
	}
	r := &cost.Resource{
		Address: m.address + b.Labels[0] + "." + b.Labels[1] + s.suffix, Type: b.Labels[0],
		Values: map[string]any{}, Unknown: map[string]bool{}, Refs: map[string][]string{},
	}
	for name, v := range object {
		plain, marks := v.UnmarkDeep()
		for mark := range marks {
			if of, ok := mark.(ref); ok {
				r.Refs[name] = append(r.Refs[name], of.block)
			}
		}
		if !plain.IsWhollyKnown() {
			r.Unknown[name] = true
		}
		r.Values[name] = native(plain)
	}
	return &instance{resource: r, object: object, key: s.key}, nil
}

// body evaluates the arguments and blocks of a body.
func (m *module) body(body *hclsyntax.Body, s scope, depth int) (map[string]cty.Value, error) {
	if depth > maxBlocks {
		return nil, tooMany(body.SrcRange, "blocks are nested too deep", maxBlocks)
	}
	out := map[string]cty.Value{}
	for name, attr := range body.Attributes {
		if depth > 0 || !meta[name] {
			out[name] = m.value(attr.Expr, s)
		}
	}
	blocks := map[string][]cty.Value{}
	for _, b := range body.Blocks {
		if depth == 0 && meta[b.Type] {
			continue
		}
		if err := m.block(blocks, b, s, depth); err != nil {
			return nil, err
		}
	}
	for name, list := range blocks {
		out[name] = cty.TupleVal(list)
	}
	return out, nil
}

func (m *module) block(into map[string][]cty.Value, b *hclsyntax.Block, s scope, depth int) error {
	if b.Type == "dynamic" && len(b.Labels) == 1 {
		return m.dynamic(into, b, s, depth)
	}
	object, err := m.body(b.Body, s, depth+1)
	if err == nil {
		into[b.Type] = append(into[b.Type], cty.ObjectVal(object))
	}
	return err
}

// dynamic repeats a block for each element; an unknown collection is one.
func (m *module) dynamic(into map[string][]cty.Value, b *hclsyntax.Block, s scope, depth int) error {
	name, iterator := b.Labels[0], b.Labels[0]
	if attr := b.Body.Attributes["iterator"]; attr != nil {
		for _, t := range attr.Expr.Variables() {
			iterator = t.RootName()
		}
	}
	attr := b.Body.Attributes["for_each"]
	if attr == nil {
		return nil
	}
	v, why := m.evaluate(attr.Expr, s)
	scopes, _, err := m.keyed(attr, v, s.of+" "+name, why)
	if err != nil {
		return err
	}
	for _, each := range scopes {
		for _, content := range b.Body.Blocks {
			if content.Type != "content" {
				continue
			}
			object, err := m.body(content.Body, s.with(iterator, each.names["each"]), depth+1)
			if err != nil {
				return err
			}
			into[name] = append(into[name], cty.ObjectVal(object))
		}
	}
	return nil
}

// native turns a value into what JSON would decode to; unknown is nil.
func native(v cty.Value) any {
	if !v.IsKnown() || v.IsNull() {
		return nil
	}
	t := v.Type()
	switch {
	case t == cty.String:
		return v.AsString()
	case t == cty.Bool:
		return v.True()
	case t == cty.Number:
		f, _ := v.AsBigFloat().Float64()
		return f
	case t.IsObjectType() || t.IsMapType():
		out := map[string]any{}
		for it := v.ElementIterator(); it.Next(); {
			key, value := it.Element()
			out[key.AsString()] = native(value)
		}
		return out
	case v.CanIterateElements():
		out := []any{}
		for it := v.ElementIterator(); it.Next(); {
			_, value := it.Element()
			out = append(out, native(value))
		}
		return out
	}
	if s, err := convert.Convert(v, cty.String); err == nil {
		return s.AsString()
	}
	return nil
}
