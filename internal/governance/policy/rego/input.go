package rego

import (
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// value makes the input a value of Rego: the document with what surrounds it at terrace.
func value(in policy.Input) (ast.Value, error) {
	v, err := ast.InterfaceToValue(in.Document)
	if err != nil {
		return nil, fmt.Errorf("the plan as a value of Rego: %w", err)
	}
	document, ok := v.(ast.Object)
	if !ok {
		document = ast.NewObject()
	}
	around, err := surroundings(in.Context)
	if err != nil {
		return nil, fmt.Errorf("what surrounds the plan: %w", err)
	}
	if plan := index(document); plan != nil {
		around.Insert(ast.StringTerm("plan"), plan)
	}
	document.Insert(ast.StringTerm("terrace"), ast.NewTerm(around))
	return document, nil
}

func surroundings(c policy.Context) (ast.Object, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var known map[string]any
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, err
	}
	v, err := ast.InterfaceToValue(known)
	if err != nil {
		return nil, err
	}
	o, _ := v.(ast.Object)
	return o, nil
}
