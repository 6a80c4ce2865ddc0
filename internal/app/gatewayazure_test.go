package app

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
)

// TestAzureKnowsEveryFieldOfEveryKind walks the JSON Schemas of the kinds: what a field is on
// Azure is said in the table of capabilities, and the table says nothing of other fields.
func TestAzureKnowsEveryFieldOfEveryKind(t *testing.T) {
	t.Parallel()
	table, there := capability.NewTable(), map[[2]string]bool{}
	for _, k := range benchApp(t).kindSchemas(t) {
		w := &fieldWalk{kind: k.kind, root: k.raw, found: map[string][]any{}}
		w.object(k.raw, "", nil)
		if len(w.found) < 1 {
			t.Errorf("%s has no field", k.kind)
		}
		for field, path := range w.found {
			there[[2]string{k.kind, field}] = true
			if field == "targetRef" || strings.HasPrefix(field, "targetRef.") {
				continue // it is where the policy is attached, not of its spec
			}
			spec, err := json.Marshal(nest(path))
			if err != nil {
				t.Fatal(err)
			}
			said := 0
			for _, f := range table.Look(k.kind, "x", spec) {
				if said++; strings.Contains(f.Message, "knows nothing like it") || strings.Contains(f.Message, "nothing of Azure does") {
					t.Errorf("%s: %s has no row: %s", k.kind, field, f.Message)
				}
			}
		}
	}
	for _, c := range capability.All() {
		if c.Field != "" && !there[[2]string{c.Kind, c.Field}] {
			t.Errorf("the table has %s: %s, which is no field of the kind", c.Kind, c.Field)
		}
		if c.How != capability.Exact && c.Says == "" || c.How == capability.Exact && c.Says != "" || (c.By == "") != (c.How == capability.Refused) {
			t.Errorf("the row of %s: %s does not say what it has to: %+v", c.Kind, c.Field, c)
		}
	}
}

// fieldWalk finds the fields that a schema has, as the table writes them, each with the way
// to it through a document: names, and 0 for the first of a list.
type fieldWalk struct {
	kind  string
	root  map[string]any
	found map[string][]any
}

func (w *fieldWalk) object(schema map[string]any, field string, path []any) {
	fields, _ := schema["properties"].(map[string]any)
	for name, of := range fields {
		at := strings.TrimPrefix(field+"."+name, ".")
		w.value(of, at, append(append([]any(nil), path...), name))
	}
}

func (w *fieldWalk) value(of any, field string, path []any) {
	schema := w.resolved(of)
	if schema["properties"] != nil {
		w.found[field] = path
		w.object(schema, field, path)
		return
	}
	if items := w.resolved(schema["items"]); items["properties"] != nil {
		w.found[field] = path
		w.object(items, field+"[]", append(append([]any(nil), path...), 0))
		return
	}
	w.found[field] = path
}

// resolved follows a reference within the schema.
func (w *fieldWalk) resolved(of any) map[string]any {
	schema, _ := of.(map[string]any)
	ref, _ := schema["$ref"].(string)
	name, ok := strings.CutPrefix(ref, "#/$defs/")
	if !ok {
		return schema
	}
	defs, _ := w.root["$defs"].(map[string]any)
	return w.resolved(defs[name])
}

// nest is a document that has a value at a path, and nothing else.
func nest(path []any) any {
	if len(path) == 0 {
		return "x"
	}
	if name, ok := path[0].(string); ok {
		return map[string]any{name: nest(path[1:])}
	}
	return []any{nest(path[1:])}
}
