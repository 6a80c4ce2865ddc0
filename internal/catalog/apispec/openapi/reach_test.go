package openapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type object = map[string]any

func refTo(i int) object { return object{"$ref": fmt.Sprintf("#/components/schemas/s%d", i)} }

// woven is a document of n schemas each of which leads to all others, and is the answer of an
// operation. One of them has what the standard forbids.
func woven(n int, wrong object) []byte {
	paths, schemas := object{}, object{}
	for i := range n {
		schemas[fmt.Sprint("s", i)] = object{"type": "object", "properties": object{
			"next": refTo((i + 1) % n), "list": object{"type": "array", "items": refTo(i * 7 % n)}, "extra": object{"type": "object", "additionalProperties": refTo(i * 3 % n)},
		}}
		paths[fmt.Sprintf("/p%d", i)] = object{"get": object{"responses": object{"200": object{
			"description": "it", "content": object{"application/json": object{"schema": refTo(i)}},
		}}}}
	}
	schemas["wrong"] = object{"type": "object", "properties": object{"deep": wrong, "all": refTo(0)}}
	raw, err := json.MarshalIndent(object{"openapi": "3.0.3", "info": object{"title": "woven", "version": "1"}, "paths": paths, "components": object{"schemas": schemas}}, "", " ")
	if err != nil {
		panic(err)
	}
	return raw
}

// TestSchemasThatLeadToAllOthers reads some that nobody would be done with who followed each
// reference at each use: 600 × 600 schemas.
func TestSchemasThatLeadToAllOthers(t *testing.T) {
	t.Parallel()
	d, err := openapi.Read("woven.json", woven(600, object{"type": "string"}))
	if err != nil {
		t.Fatal(err)
	}
	schema := d.Spec.Components.Schemas["s0"].Value.Properties["next"]
	for range 600 {
		schema = schema.Value.Properties["next"]
	}
	if schema.Ref != "#/components/schemas/s1" || schema.Value != d.Spec.Components.Schemas["s1"].Value {
		t.Errorf("the references lead elsewhere afterwards: %s", schema.Ref)
	}
	_, err = openapi.Read("woven.json", woven(600, object{"type": "nonsense"}))
	known, is := errors.AsType[*kernel.Error](err)
	if !is || len(known.Problems) != 1 || known.Problems[0].Line == 0 || !strings.Contains(known.Problems[0].Message, "nonsense") {
		t.Errorf("what is wrong in one of them is told as %+v", err)
	}
}

func TestALargeSchemaInManyPlaces(t *testing.T) {
	t.Parallel()
	large, paths := object{}, object{}
	for i := range 10_000 {
		large[fmt.Sprint("p", i)] = object{"type": "string"}
	}
	for i := range 300 {
		paths[fmt.Sprintf("/p%d", i)] = object{"get": object{"responses": object{"200": object{
			"description": "it", "content": object{"application/json": object{"schema": refTo(0)}},
		}}}}
	}
	raw, err := json.Marshal(object{"openapi": "3.0.3", "info": object{"title": "large", "version": "1"}, "paths": paths, "components": object{"schemas": object{"s0": object{"type": "object", "properties": large}}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = openapi.Read("large.json", raw)
	known, is := errors.AsType[*kernel.Error](err)
	if !is || len(known.Problems) != 1 || !strings.Contains(known.Problems[0].Message, "used so often") {
		t.Errorf("read as %v", err)
	}
}
