package eventtype

import (
	"encoding/json"
	"strings"
)

// Field is a member of an event's data.
type Field struct {
	Name string
	// Kind is string, integer, boolean, time, strings, list, object or any.
	Kind     string
	Optional bool
}

// Fields returns the members of the type's data. A reader must expect others: new
// ones are no other version.
func (t Type) Fields() []Field {
	words := strings.Fields(t.data)
	all := make([]Field, 0, len(words))
	for _, word := range words {
		name, kind, given := strings.Cut(word, ":")
		if !given {
			kind = "string"
		}
		name, optional := strings.CutSuffix(name, "?")
		all = append(all, Field{Name: name, Kind: kind, Optional: optional})
	}
	return all
}

// Schema returns the JSON schema of the type's data, draft 2020-12; id is where it
// is found. Data that would be too large for an event is left out, and says so.
func (t Type) Schema(id string) ([]byte, error) {
	properties := map[string]any{"omitted": map[string]any{"type": "string", "description": "Why the data was left out."}}
	required := []string{}
	for _, f := range t.Fields() {
		properties[f.Name] = f.schema()
		if !f.Optional {
			required = append(required, f.Name)
		}
	}
	return json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": id,
		"title": Prefix + t.Name, "description": "The data of an event " + Prefix + t.Name + ", version " + id[strings.LastIndexByte(id, '/')+1:] + ".",
		"type": "object", "properties": properties,
		"anyOf": []any{map[string]any{"required": required}, map[string]any{"required": []string{"omitted"}}},
	}, "", "  ")
}

func (f Field) schema() map[string]any {
	switch f.Kind {
	case "any":
		return map[string]any{}
	case "time":
		return map[string]any{"type": "string", "format": "date-time"}
	case "strings":
		return map[string]any{"type": []string{"array", "null"}, "items": map[string]any{"type": "string"}}
	case "list":
		return map[string]any{"type": []string{"array", "null"}}
	case "object":
		return map[string]any{"type": []string{"object", "null"}}
	default:
		return map[string]any{"type": f.Kind}
	}
}
