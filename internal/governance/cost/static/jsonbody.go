package static

import (
	"encoding/json"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// jsonBody turns a configuration in JSON into what the parser makes of one in HCL.
// What is a block of a resource and what an attribute JSON does not say: both become
// attributes, which estimates read alike.
type jsonBody struct{ r *reader }

// parseJSON reads a file *.tf.json.
func (r *reader) parseJSON(name string) (*hclsyntax.Body, error) {
	src, shown, err := r.jsonSource(name)
	if err != nil {
		return nil, err
	}
	root, err := tree(src, shown)
	if err != nil {
		return nil, err
	}
	j := jsonBody{r}
	body := emptyBody(root.at)
	j.each(root, func(m member) {
		labels, known := kinds()[m.name]
		if !known {
			r.wrong(m.at, "a configuration has no "+m.name, "Correct the name.")
			return
		}
		body.Blocks = append(body.Blocks, j.blocks(m.name, nil, labels, m.node)...)
	})
	guard(body, &r.budget)
	return body, r.failed
}

func emptyBody(at hcl.Range) *hclsyntax.Body {
	return &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: at, EndRange: at}
}

// each goes through the members of an object, or of a list of objects.
func (j jsonBody) each(n node, do func(member)) {
	switch value := n.value.(type) {
	case []member:
		for _, m := range value {
			do(m)
		}
	case []node:
		for _, one := range value {
			j.each(one, do)
		}
	case nil:
	default:
		j.r.wrong(n.at, "an object is needed here", "Write it in braces.")
	}
}

// blocks are those of a kind: labels are the names of objects in one another.
func (j jsonBody) blocks(kind string, labels []string, left int, n node) (all hclsyntax.Blocks) {
	if left > 0 {
		j.each(n, func(m member) {
			all = append(all, j.blocks(kind, append(labels[:len(labels):len(labels)], m.name), left-1, m.node)...)
		})
		return all
	}
	if list, ok := n.value.([]node); ok {
		for _, one := range list {
			all = append(all, j.blocks(kind, labels, 0, one)...)
		}
		return all
	}
	return hclsyntax.Blocks{{Type: kind, Labels: labels, Body: j.body(kind, n), TypeRange: n.at, LabelRanges: make([]hcl.Range, len(labels)), OpenBraceRange: n.at, CloseBraceRange: n.at}}
}

// body is what is in a block.
func (j jsonBody) body(kind string, n node) *hclsyntax.Body {
	body := emptyBody(n.at)
	j.each(n, func(m member) {
		switch {
		case m.name == "dynamic":
			body.Blocks = append(body.Blocks, j.blocks("dynamic", nil, 1, m.node)...)
		case m.name == "content" && kind == "dynamic", m.name == "validation" && kind == "variable":
			body.Blocks = append(body.Blocks, j.blocks(m.name, nil, 0, m.node)...)
		case body.Attributes[m.name] != nil:
			j.r.wrong(m.at, m.name+" is given twice", "Take one of them out.")
		default:
			body.Attributes[m.name] = &hclsyntax.Attribute{Name: m.name, Expr: j.argument(kind, m), SrcRange: m.at, NameRange: m.at}
		}
	})
	return body
}

// argument is the value of an argument: a name or a type where there can be nothing else.
func (j jsonBody) argument(kind string, m member) hclsyntax.Expression {
	text, isText := m.node.value.(string)
	if isText && (kind == "variable" && m.name == "type" || kind == "dynamic" && m.name == "iterator") {
		expr, diags := hclsyntax.ParseExpression([]byte(text), m.node.at.Filename, m.node.at.Start)
		if !diags.HasErrors() {
			return expr
		}
	}
	return j.expression(m.node, kind == "variable" && m.name == "default")
}

// expression is a value; texts are templates, unless they are taken as they are.
func (j jsonBody) expression(n node, literal bool) hclsyntax.Expression {
	switch value := n.value.(type) {
	case string:
		return j.text(value, n.at, literal)
	case json.Number:
		if v, err := cty.ParseNumberVal(value.String()); err == nil && !long(value.String()) {
			return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: n.at}
		}
		j.r.wrong(n.at, "the number has too many digits", "Write a shorter one.")
	case bool:
		return &hclsyntax.LiteralValueExpr{Val: cty.BoolVal(value), SrcRange: n.at}
	case []node:
		list := &hclsyntax.TupleConsExpr{SrcRange: n.at, OpenRange: n.at}
		for _, one := range value {
			list.Exprs = append(list.Exprs, j.expression(one, literal))
		}
		return list
	case []member:
		object := &hclsyntax.ObjectConsExpr{SrcRange: n.at, OpenRange: n.at}
		for _, m := range value {
			object.Items = append(object.Items, hclsyntax.ObjectConsItem{KeyExpr: j.text(m.name, m.at, literal), ValueExpr: j.expression(m.node, literal)})
		}
		return object
	}
	return &hclsyntax.LiteralValueExpr{Val: cty.NullVal(cty.DynamicPseudoType), SrcRange: n.at}
}

func (j jsonBody) text(text string, at hcl.Range, literal bool) hclsyntax.Expression {
	plain := &hclsyntax.LiteralValueExpr{Val: cty.StringVal(text), SrcRange: at}
	if literal || !strings.ContainsAny(text, "$%") {
		return plain
	}
	if err := shallow(templateTokens([]byte(text), at.Filename)); err != nil {
		j.r.wrong(at, "the template is nested too deep", "Split it into locals.")
		return plain
	}
	expr, diags := hclsyntax.ParseTemplate([]byte(text), at.Filename, at.Start)
	if diags.HasErrors() {
		j.r.wrong(at, strings.TrimSuffix(diags[0].Summary, ".")+": "+diags[0].Detail, "Correct the template.")
		return plain
	}
	return expr
}
