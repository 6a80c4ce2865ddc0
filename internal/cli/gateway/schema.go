package gateway

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
)

// definitions is where a schema refers to its own parts.
const definitions = "#/$defs/"

func schema(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Write the JSON Schema of documents of the gateway, for editors", Args: cobra.NoArgs,
		Long: "It is one schema (2020-12) for documents of all kinds that the server has. An editor with a language server for YAML\n" +
			"completes and checks documents by it, where their first line is: # yaml-language-server: $schema=gateway.schema.json",
		Example: "  terrace gateway schema > gateway.schema.json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			kinds, err := s.GatewayKinds(ctx)
			if err != nil {
				return err
			}
			if e.Format == output.Table {
				return output.Write(e.Out, output.JSON, schemaOf(kinds), nil)
			}
			return e.Print(schemaOf(kinds), nil)
		}),
	}
}

// schemaOf is the JSON Schema of documents of kinds: which holds for the spec is chosen
// by apiVersion and kind.
func schemaOf(kinds []apiclient.GatewayKind) map[string]any {
	names, defs, choices := []string{}, map[string]any{}, []any{}
	for _, k := range kinds {
		names = append(names, k.Kind)
		spec := map[string]any{}
		for key, part := range k.Schema {
			switch parts, _ := part.(map[string]any); key {
			case "$schema":
			case "$defs":
				for name, def := range parts {
					defs[k.Kind+"."+name] = moved(def, k.Kind)
				}
			default:
				spec[key] = moved(part, k.Kind)
			}
		}
		defs[k.Kind] = spec
		choices = append(choices, map[string]any{
			"if": map[string]any{
				"required":   []string{"apiVersion", "kind"},
				"properties": map[string]any{"apiVersion": map[string]any{"const": k.APIVersion}, "kind": map[string]any{"const": k.Kind}},
			},
			"then": map[string]any{"properties": map[string]any{"spec": map[string]any{"$ref": definitions + k.Kind}}},
		})
	}
	text := map[string]any{"type": "string"}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Documents of the gateway", "type": "object",
		"required": []string{"apiVersion", "kind", "metadata", "spec"}, "additionalProperties": false,
		"properties": map[string]any{
			"apiVersion": map[string]any{"enum": []string{gatewaydoc.APIVersion, gatewaydoc.GatewayAPI}},
			"kind":       map[string]any{"enum": append(names, gatewaydoc.KindHTTPRoute)},
			"metadata": map[string]any{
				"type": "object", "required": []string{"name"}, "additionalProperties": false,
				"properties": map[string]any{"name": text, "project": text, "stage": text},
			},
			"spec": map[string]any{"type": "object"},
		},
		"allOf": choices, "$defs": defs,
	}
}

// moved is a part of a kind's schema with what it refers to among the parts of all kinds.
func moved(part any, kind string) any {
	switch part := part.(type) {
	case map[string]any:
		out := make(map[string]any, len(part))
		for key, inner := range part {
			ref, isText := inner.(string)
			if name, own := strings.CutPrefix(ref, definitions); key == "$ref" && isText && own {
				out[key] = definitions + kind + "." + name
				continue
			}
			out[key] = moved(inner, kind)
		}
		return out
	case []any:
		out := make([]any, len(part))
		for i, inner := range part {
			out[i] = moved(inner, kind)
		}
		return out
	}
	return part
}
