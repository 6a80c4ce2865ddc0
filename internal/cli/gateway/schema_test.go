package gateway

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

// kindOf is a kind whose spec has a list of items with one field. The parts of all are
// named alike, as those of a server may be.
func kindOf(name, field string) apiclient.GatewayKind {
	return apiclient.GatewayKind{APIVersion: "gateway.terrace.dev/v1", Kind: name, Schema: map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
		"properties": map[string]any{"items": map[string]any{"type": "array", "items": map[string]any{"oneOf": []any{map[string]any{"$ref": "#/$defs/Item"}}}}},
		"$defs": map[string]any{
			"Item":  map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{field: map[string]any{"$ref": "#/$defs/Value"}}},
			"Value": map[string]any{"type": "string"},
		},
	}}
}

// TestTheSchemaOfDocuments has the spec of a document held against the schema of its kind.
func TestTheSchemaOfDocuments(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(schemaOf([]apiclient.GatewayKind{kindOf("First", "one"), kindOf("Second", "two"), {APIVersion: "gateway.terrace.dev/v1", Kind: "Untold"}}))
	if err != nil {
		t.Fatal(err)
	}
	content, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:documents", content); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("urn:documents")
	if err != nil {
		t.Fatal(err)
	}
	const own = "{apiVersion: gateway.terrace.dev/v1, metadata: {name: x, stage: dev}, "
	for name, one := range map[string]struct {
		document string
		fits     bool
	}{
		"the first kind":                     {own + "kind: First, spec: {items: [{one: x}]}}", true},
		"the second kind":                    {own + "kind: Second, spec: {items: [{two: x}]}}", true},
		"a kind that tells nothing":          {own + "kind: Untold, spec: {any: x}}", true},
		"a route of the Gateway API":         {"{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: x}, spec: {rules: []}}", true},
		"a field of another kind":            {own + "kind: First, spec: {items: [{two: x}]}}", false},
		"a value of another type":            {own + "kind: Second, spec: {items: [{two: 2}]}}", false},
		"a field that there is not":          {own + "kind: First, spec: {other: x}}", false},
		"a kind that there is not":           {own + "kind: Third, spec: {}}", false},
		"a document without a spec":          {own + "kind: First}", false},
		"metadata that there is not":         {"{apiVersion: gateway.terrace.dev/v1, kind: First, metadata: {name: x, labels: {}}, spec: {}}", false},
		"a version of documents that is not": {"{apiVersion: v1, kind: First, metadata: {name: x}, spec: {}}", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var document any
			if err := yaml.Unmarshal([]byte(one.document), &document); err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(document); (err == nil) != one.fits {
				t.Errorf("%v", err)
			}
		})
	}
}
