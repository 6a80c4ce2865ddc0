package validate

import (
	"slices"
	"strings"
)

// form is how a document's schemas are brought to JSON Schema 2020-12.
type form struct {
	// old is OpenAPI 3.0, with its own dialect.
	old bool
	// answers are read rather than requests: what only the one side sends is
	// demanded of that side.
	answers bool
	// strict refuses fields that no schema names.
	strict bool
	// members are the schemas that others are composed of, which see one part of
	// an object's fields.
	members map[string]bool
}

// document copies v, with its schemas in their normal form.
func (f form) document(v any) any {
	if f.strict {
		f.members = map[string]bool{}
		collect(v, f.members)
	}
	return f.walk(v, nil)
}

// collect finds the references within allOf, anyOf and oneOf.
func collect(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if list, is := inner.([]any); is && composing(key) {
				for _, one := range list {
					if m, is := one.(map[string]any); is {
						if ref, is := m["$ref"].(string); is {
							into[ref] = true
						}
					}
				}
			}
			collect(inner, into)
		}
	case []any:
		for _, inner := range v {
			collect(inner, into)
		}
	}
}

func composing(key string) bool { return key == "allOf" || key == "anyOf" || key == "oneOf" }

// walk copies what is no schema, and finds those that are.
func (f form) walk(v any, path []string) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, inner := range v {
			below := append(slices.Clip(path), key)
			switch {
			case key == "schema", len(path) == 2 && path[0] == "components" && path[1] == "schemas":
				out[key] = f.schema(inner, "#/"+strings.Join(below, "/"), false)
			case key == "example", key == "examples", strings.HasPrefix(key, "x-"):
				out[key] = inner
			default:
				out[key] = f.walk(inner, below)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = f.walk(inner, append(slices.Clip(path), "-"))
		}
		return out
	}
	return v
}

// schema copies a schema in its normal form; member tells that it is one of those
// that another is composed of.
func (f form) schema(v any, pointer string, member bool) any {
	m, is := v.(map[string]any)
	if !is {
		return v
	}
	if ref, is := m["$ref"]; is && f.old {
		return map[string]any{"$ref": ref} // 3.0 reads nothing beside it
	}
	out := make(map[string]any, len(m))
	for key, inner := range m {
		switch key {
		case "properties", "patternProperties", "$defs", "dependentSchemas":
			out[key] = f.named(inner)
		case "items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else", "unevaluatedItems", "unevaluatedProperties":
			out[key] = f.schema(inner, "", key == "not" || key == "if" || key == "then" || key == "else")
		case "allOf", "anyOf", "oneOf", "prefixItems":
			out[key] = f.listed(inner, key != "prefixItems")
		case "$schema", "example", "examples", "discriminator", "xml", "externalDocs", "nullable":
		default:
			out[key] = inner
		}
	}
	if f.old {
		dialect(m, out)
	}
	f.demand(m, out)
	if f.strict && !member && !f.members[pointer] {
		closed(out)
	}
	return out
}

func (f form) named(v any) any {
	m, is := v.(map[string]any)
	if !is {
		return v
	}
	out := make(map[string]any, len(m))
	for key, inner := range m {
		out[key] = f.schema(inner, "", false)
	}
	return out
}

func (f form) listed(v any, members bool) any {
	list, is := v.([]any)
	if !is {
		return v
	}
	out := make([]any, len(list))
	for i, inner := range list {
		out[i] = f.schema(inner, "", members)
	}
	return out
}

// dialect writes what OpenAPI 3.0 says otherwise than JSON Schema 2020-12.
func dialect(m, out map[string]any) {
	if kind, is := m["type"].(string); is && m["nullable"] == true {
		out["type"] = []any{kind, "null"}
		if values, is := m["enum"].([]any); is {
			out["enum"] = append(slices.Clone(values), nil)
		}
	}
	for _, bound := range [][2]string{{"exclusiveMinimum", "minimum"}, {"exclusiveMaximum", "maximum"}} {
		exclusive, is := m[bound[0]].(bool)
		if !is {
			continue
		}
		delete(out, bound[0])
		if limit, there := m[bound[1]]; exclusive && there {
			out[bound[0]] = limit
			delete(out, bound[1])
		}
	}
}

// demand takes what the other side alone sends from what is required.
func (f form) demand(m, out map[string]any) {
	properties, _ := m["properties"].(map[string]any)
	required, is := m["required"].([]any)
	if !is {
		return
	}
	other := "readOnly"
	if f.answers {
		other = "writeOnly"
	}
	kept := []any{}
	for _, name := range required {
		word, _ := name.(string)
		p, _ := properties[word].(map[string]any)
		if p[other] != true {
			kept = append(kept, name)
		}
	}
	out["required"] = kept
}

// closed refuses fields that no schema of an object names.
func closed(out map[string]any) {
	_, has := out["properties"]
	for key := range out {
		has = has || composing(key)
	}
	_, more := out["additionalProperties"]
	_, rest := out["unevaluatedProperties"]
	if has && !more && !rest {
		out["unevaluatedProperties"] = false
	}
}
