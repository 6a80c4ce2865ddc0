package static

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// repetition is how a block is repeated.
type repetition int

const (
	once repetition = iota
	counted
	keyed
)

// scope is what expressions of one instance see beside the module: count,
// each, and the iterators of dynamic blocks.
type scope struct {
	names  map[string]cty.Value
	suffix string
	key    cty.Value
}

func (s scope) with(name string, v cty.Value) scope {
	names := map[string]cty.Value{name: v}
	for k, w := range s.names {
		if k != name {
			names[k] = w
		}
	}
	return scope{names: names, suffix: s.suffix, key: s.key}
}

// repeat returns one scope per instance of a block. A count that is not known
// counts as one, a for_each that is not known as one as well.
func (m *module) repeat(b *hclsyntax.Block) ([]scope, repetition, error) {
	if attr := b.Body.Attributes["count"]; attr != nil {
		return m.counted(attr)
	}
	if attr := b.Body.Attributes["for_each"]; attr != nil {
		return m.keyed(attr)
	}
	return []scope{{key: cty.NilVal}}, once, nil
}

func (m *module) counted(attr *hclsyntax.Attribute) ([]scope, repetition, error) {
	n := 1
	v, _ := m.value(attr.Expr, scope{}).UnmarkDeep()
	if number, err := convert.Convert(v, cty.Number); err == nil && number.IsKnown() && !number.IsNull() {
		f := number.AsBigFloat()
		if f.IsInf() || f.Sign() < 0 || !f.IsInt() {
			return nil, counted, diagnosed(hcl.Diagnostics{{
				Severity: hcl.DiagError, Summary: "Invalid count", Detail: "count is a whole number from zero up.", Subject: attr.Expr.Range().Ptr(),
			}})
		}
		i, _ := f.Int64()
		if i > maxInstances {
			return nil, counted, tooMany(attr.SrcRange, "count is too large", maxInstances)
		}
		n = int(i)
	}
	var out []scope
	for i := range n {
		index := cty.NumberIntVal(int64(i))
		out = append(out, scope{
			names:  map[string]cty.Value{"count": cty.ObjectVal(map[string]cty.Value{"index": index})},
			suffix: fmt.Sprintf("[%d]", i), key: index,
		})
	}
	return out, counted, nil
}

func (m *module) keyed(attr *hclsyntax.Attribute) ([]scope, repetition, error) {
	v, _ := m.value(attr.Expr, scope{}).Unmark()
	if !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
		each := cty.ObjectVal(map[string]cty.Value{"key": cty.UnknownVal(cty.String), "value": cty.DynamicVal})
		return []scope{{names: map[string]cty.Value{"each": each}, suffix: `["?"]`, key: cty.StringVal("?")}}, keyed, nil
	}
	if v.LengthInt() > maxInstances {
		return nil, keyed, tooMany(attr.SrcRange, "for_each has too many elements", maxInstances)
	}
	var out []scope
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if v.Type().IsSetType() || v.Type().IsTupleType() || v.Type().IsListType() {
			key = value
		}
		key, _ = key.Unmark()
		text, err := convert.Convert(key, cty.String)
		if err != nil || !text.IsKnown() || text.IsNull() {
			text = cty.StringVal("?")
		}
		out = append(out, scope{
			names:  map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": text, "value": value})},
			suffix: fmt.Sprintf("[%q]", text.AsString()), key: text,
		})
	}
	return out, keyed, nil
}
