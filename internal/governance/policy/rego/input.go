package rego

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// input is a document with what surrounds it at terrace, as Go has it.
type input map[string]any

func inputOf(in policy.Input) (input, error) {
	around, err := surroundings(in.Context)
	if err != nil {
		return nil, fmt.Errorf("what surrounds the plan: %w", err)
	}
	document := maps.Clone(in.Document)
	if document == nil {
		document = map[string]any{}
	}
	if plan := index(document); plan != nil {
		around["plan"] = plan
	}
	document["terrace"] = around
	return document, nil
}

// value makes the input a value of Rego, for one worker: what nothing asks for is
// never converted.
func (in input) value() ast.Value { return ast.LazyObject(in) }

func surroundings(c policy.Context) (map[string]any, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var known map[string]any
	err = json.Unmarshal(text, &known)
	return known, err
}
