package main

import "strings"

// expander puts schemas in the place of references to them.
type expander struct {
	schemas map[string]map[string]any
}

// expand returns the schema without references and descriptions, closed.
func (e expander) expand(schema map[string]any) map[string]any {
	if target, ok := e.target(schema); ok {
		return e.expand(target)
	}
	out := map[string]any{}
	for key, value := range schema {
		switch key {
		case "description", "default", "x-kubernetes-group-version-kind", "x-kubernetes-validations", "allOf":
		case "properties":
			out[key] = e.members(value)
		case "items", "additionalProperties":
			out[key] = e.inner(value)
		case "format":
			if value != "int-or-string" { // the two types beside it say that
				out[key] = value
			}
		default:
			out[key] = value
		}
	}
	if all, ok := schema["allOf"].([]any); ok && len(e.schemas) == 0 {
		out["allOf"] = all
	}
	return closed(out)
}

// target returns what a schema refers to, by itself or as its only part.
func (e expander) target(schema map[string]any) (map[string]any, bool) {
	if ref, ok := schema["$ref"].(string); ok {
		t, known := e.schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
		return t, known
	}
	if all, ok := schema["allOf"].([]any); ok && len(all) == 1 {
		if only, ok := all[0].(map[string]any); ok && only["$ref"] != nil {
			return e.target(only)
		}
	}
	return nil, false
}

func (e expander) members(v any) map[string]any {
	out := map[string]any{}
	members, _ := v.(map[string]any)
	for name, member := range members {
		out[name] = e.inner(member)
	}
	return out
}

func (e expander) inner(v any) any {
	schema, ok := v.(map[string]any)
	if !ok {
		return v
	}
	return e.expand(schema)
}

// closed forbids properties that the schema does not name.
func closed(schema map[string]any) map[string]any {
	_, has := schema["properties"]
	_, open := schema["additionalProperties"]
	if has && !open && schema["x-kubernetes-preserve-unknown-fields"] == nil {
		schema["additionalProperties"] = false
	}
	return schema
}
