package rego

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

func finding(args []*ast.Term) (*ast.Term, error) {
	message, ok := args[2].Value.(ast.String)
	if !ok {
		return nil, builtins.NewOperandTypeErr(3, args[2].Value, "string")
	}
	if unknown(args[0], args[1]) {
		message = "tells only after the apply whether it " + message
	}
	return factOf(args[0], args[1], message)
}

func fact(args []*ast.Term) (*ast.Term, error) {
	message, ok := args[2].Value.(ast.String)
	if !ok {
		return nil, builtins.NewOperandTypeErr(3, args[2].Value, "string")
	}
	return factOf(args[0], args[1], message)
}

func factOf(r, path *ast.Term, message ast.String) (*ast.Term, error) {
	address, kind := part(r, keyAddress), part(r, keyType)
	attribute := attributeOf(path)
	if address == nil || kind == nil {
		return nil, nil //nolint:nilnil // undefined
	}
	text, ok := address.Value.(ast.String)
	if !ok {
		return nil, builtins.NewOperandTypeErr(1, address.Value, "string")
	}
	said := ast.NewTerm(message)
	return ast.ObjectTerm(
		ast.Item(keyAddress, address), ast.Item(keyType, kind), ast.Item(keyAttribute, attribute),
		ast.Item(keyMessage, said), ast.Item(keyMsg, ast.NewTerm(text+" "+message)),
	), nil
}

// attributeOf is a path as people write it: site_config[0].minimum_tls_version.
func attributeOf(path *ast.Term) *ast.Term {
	if steps, ok := path.Value.(*ast.Array); ok && steps.Len() == 1 {
		return steps.Elem(0)
	}
	var text strings.Builder
	each(path, func(step *ast.Term) {
		switch s := step.Value.(type) {
		case ast.Number:
			text.WriteString("[" + string(s) + "]")
		case ast.String:
			text.WriteString("." + string(s))
		}
	})
	return ast.StringTerm(strings.TrimPrefix(text.String(), "."))
}
