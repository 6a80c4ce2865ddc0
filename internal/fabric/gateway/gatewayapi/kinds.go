package gatewayapi

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// GatewayKind is a kind of document.
type GatewayKind struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Schema is the JSON Schema (2020-12) of the spec, as a document has it.
	Schema map[string]any `json:"schema,omitempty" doc:"The JSON Schema of the spec, where the kind has one."`
}

type kindsOutput struct{ Body kernel.Page[GatewayKind] }

func (a API) kinds(ctx context.Context, _ *struct{}) (*kindsOutput, error) {
	specs, err := a.Gateway.Specs(ctx)
	if err != nil {
		return nil, err
	}
	out := kernel.Page[GatewayKind]{Items: []GatewayKind{}}
	for _, s := range append([]gateway.KindSpec{{Name: gatewaydoc.KindRoute, Spec: route.Route{}}}, specs...) {
		k := GatewayKind{APIVersion: gatewaydoc.APIVersion, Kind: s.Name}
		if s.Spec != nil {
			if k.Schema, err = schema(s.Spec); err != nil {
				return nil, err
			}
		}
		if s.Name != gatewaydoc.KindRoute && s.Name != gatewaydoc.KindProduct {
			target(k.Schema)
		}
		out.Items = append(out.Items, k)
	}
	return &kindsOutput{Body: out}, nil
}

// target adds what the spec of each policy may have besides what its kind reads.
func target(schema map[string]any) {
	if fields, ok := schema["properties"].(map[string]any); ok {
		fields["targetRef"] = map[string]any{
			"type": "object", "description": "The one route that the policy is for; all without.", "additionalProperties": false, "required": []string{"route"},
			"properties": map[string]any{"route": map[string]any{"type": "string"}},
		}
	}
}

// size is the schema of gateway.Size.
type size struct{}

// Schema implements huma.SchemaProvider.
func (size) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeInteger}, {Type: huma.TypeString, Pattern: "^[0-9]+(Ki|Mi|Gi)?$"}}}
}

// schema is the JSON Schema of a value's type, with all that it refers to.
func schema(of any) (map[string]any, error) {
	const prefix = "#/$defs/"
	registry := huma.NewMapRegistry(prefix, huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[kernel.Duration](), reflect.TypeFor[string]())
	registry.RegisterTypeAlias(reflect.TypeFor[gateway.Size](), reflect.TypeFor[size]())
	root := registry.Schema(reflect.TypeOf(of), false, "")
	text, err := json.Marshal(map[string]any{"root": root, "defs": registry.Map()})
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the schema cannot be written: %w", err)
	}
	var both struct{ Root, Defs map[string]any }
	if err := json.Unmarshal(text, &both); err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the schema cannot be read: %w", err)
	}
	delete(both.Defs, huma.DefaultSchemaNamer(reflect.TypeOf(of), "")) // it is the root
	both.Root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	if len(both.Defs) > 0 {
		both.Root["$defs"] = both.Defs
	}
	return both.Root, nil
}
