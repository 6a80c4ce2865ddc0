package meshapi_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const definitions = "#/$defs/"

// written is the schema of documents, out of the types that they are read into.
func written(t *testing.T) []byte {
	t.Helper()
	registry := huma.NewMapRegistry(definitions, huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[kernel.Duration](), reflect.TypeFor[string]())
	types := map[string]reflect.Type{
		meshdoc.KindMesh: reflect.TypeFor[meshdoc.Mesh](), meshdoc.KindAuthorization: reflect.TypeFor[meshdoc.Authorization](),
		meshdoc.KindHTTPRoute: reflect.TypeFor[meshdoc.Route](), meshdoc.KindGRPCRoute: reflect.TypeFor[meshdoc.GRPCRoute](),
	}
	var choices []any
	for _, kind := range meshdoc.Kinds() {
		of := types[kind]
		registry.Schema(of, true, "")
		choices = append(choices, map[string]any{
			"if": map[string]any{"required": []string{"kind"}, "properties": map[string]any{"kind": map[string]any{"const": kind}}},
			"then": map[string]any{"properties": map[string]any{
				"apiVersion": map[string]any{"const": meshdoc.APIVersionOf(kind)}, "spec": map[string]any{"$ref": definitions + huma.DefaultSchemaNamer(of, "")},
			}},
		})
	}
	text := map[string]any{"type": "string"}
	raw, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Documents of the mesh", "type": "object",
		"required": []string{"apiVersion", "kind", "metadata", "spec"}, "additionalProperties": false,
		"properties": map[string]any{
			"apiVersion": map[string]any{"enum": []string{meshdoc.APIVersion, meshdoc.GatewayAPI}},
			"kind":       map[string]any{"enum": meshdoc.Kinds()},
			"metadata": map[string]any{
				"type": "object", "required": []string{"name"}, "additionalProperties": false, "properties": map[string]any{"name": text, "project": text, "stage": text},
			},
			"spec": map[string]any{"type": "object"},
		},
		"allOf": choices, "$defs": registry.Map(),
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, '\n')
}

// TestTheSchemaIsOfWhatIsRead holds the schema that the client has against the types, and both
// against documents.
func TestTheSchemaIsOfWhatIsRead(t *testing.T) {
	t.Parallel()
	const file = "../meshdoc/schema.json"
	want := written(t)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, want, 0o644); err != nil { // it is committed
			t.Fatal(err)
		}
	} else if string(meshdoc.Schema()) != string(want) {
		t.Errorf("%s is old; run UPDATE=1 go test -run TestTheSchemaIsOfWhatIsRead ./internal/fabric/mesh/meshapi", file)
	}
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(string(want)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("urn:mesh", parsed); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("urn:mesh")
	if err != nil {
		t.Fatal(err)
	}
	const own, routes = "apiVersion: mesh.terrace.dev/v1\nkind: ", "apiVersion: gateway.networking.k8s.io/v1\nkind: "
	for document, valid := range map[string]bool{
		own + "Mesh\nmetadata: {name: default}\nspec: {mtls: strict}\n":                                                                                   true,
		own + "Mesh\nmetadata: {name: default}\nspec: {mtls: loose}\n":                                                                                    false,
		own + "Mesh\nmetadata: {name: default}\nspec: {}\n":                                                                                               false,
		own + "Mesh\nmetadata: {name: default, labels: {}}\nspec: {mtls: strict}\n":                                                                       false,
		own + "HTTPRoute\nmetadata: {name: a}\nspec: {parentRefs: [{kind: Service, name: a}], rules: [{}]}\n":                                             false,
		routes + "Mesh\nmetadata: {name: default}\nspec: {mtls: strict}\n":                                                                                false,
		own + "AuthorizationPolicy\nmetadata: {name: a}\nspec: {targetRef: {name: a}}\n":                                                                  true,
		own + "AuthorizationPolicy\nmetadata: {name: a, stage: dev}\nspec: {rules: []}\n":                                                                 true,
		own + "AuthorizationPolicy\nmetadata: {name: a}\nspec: {rules: [{from: [{workload: a}], methods: [GET]}]}\n":                                      true,
		own + "AuthorizationPolicy\nmetadata: {name: a}\nspec: {rules: [{from: [{service: a}]}]}\n":                                                       false,
		own + "AuthorizationPolicy\nmetadata: {name: a}\nspec: {targetRef: {kind: Pod, name: a}, rules: []}\n":                                            false,
		routes + "HTTPRoute\nmetadata: {name: a}\nspec: {parentRefs: [{kind: Service, name: a}], rules: [{}]}\n":                                          true,
		routes + "HTTPRoute\nmetadata: {name: a}\nspec: {parentRefs: [{kind: Service, name: a}], rules: [{filters: []}]}":                                 false,
		routes + "HTTPRoute\nmetadata: {name: a}\nspec: {parentRefs: [{kind: Service, name: a}], rules: [{matches: [{path: {type: Prefix, value: /}}]}]}": false,
		routes + "HTTPRoute\nmetadata: {name: a}\nspec: {parentRefs: [{kind: Service, name: a}], rules: [{backendRefs: [{group: \"\", name: b, port: 80, weight: 9}], timeouts: {request: 2s}, retry: {attempts: 2, backoff: 50ms}}]}": true,
		routes + "HTTPRoute\nmetadata: {name: a}\nspec: {parentRefs: [{kind: Service, name: a}], rules: [{retry: {attempts: 11}}]}":                                                                                                    false,
		routes + "GRPCRoute\nmetadata: {name: a}\nspec: {parentRefs: [{kind: Service, name: a, port: 50051}], rules: [{matches: [{method: {service: x}, headers: [{type: Exact, name: a, value: b}]}]}]}":                              true,
		routes + "GRPCRoute\nmetadata: {name: a}\nspec: {parentRefs: [{kind: Service, name: a}], rules: [{timeouts: {request: 2s}}]}":                                                                                                  false,
	} {
		raw, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		content, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(content); (err == nil) != valid {
			t.Errorf("the schema: %v of\n%s", err, document)
		}
		if _, err := meshdoc.Read(meshdoc.File{Name: "m.yaml", Source: document}); (err == nil) != valid {
			t.Errorf("the reader: %v of\n%s", err, document)
		}
	}
}
