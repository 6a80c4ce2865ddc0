package eventtype_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/terrace-idp/terrace/internal/fabric/event/eventtype"
)

func TestTypesAreFoundOrTheNearestAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ask   func(string) (bool, string)
		asked string
		known bool
		near  string
	}{
		"exact":                 {eventtype.Exact, "dev.terrace.run.failed", true, ""},
		"a typing error":        {eventtype.Exact, "dev.terrace.run.faild", false, "dev.terrace.run.failed"},
		"without the prefix":    {eventtype.Exact, "run.failed", false, "dev.terrace.run.failed"},
		"another noun":          {eventtype.Exact, "dev.terrace.deployment.failed", false, "dev.terrace.run.failed, dev.terrace.secret.sync.failed, dev.terrace.source.failed"},
		"another verb":          {eventtype.Exact, "dev.terrace.topic.exploded", false, "dev.terrace.topic.changed, dev.terrace.topic.deleted"},
		"nothing like it":       {eventtype.Exact, "dev.terrace.x", false, ""},
		"all of a thing":        {eventtype.Begins, "dev.terrace.run.", true, ""},
		"all of nothing":        {eventtype.Begins, "dev.terrace.rnu.", false, ""},
		"every event":           {eventtype.Begins, "dev.terrace.", true, ""},
		"an end":                {eventtype.Ends, ".failed", true, ""},
		"an end of nothing":     {eventtype.Ends, ".exploded", false, ""},
		"an end that is a type": {eventtype.Ends, "run.failed", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			known, near := c.ask(c.asked)
			if known != c.known || !strings.Contains(near, c.near) {
				t.Errorf("%q: %v, near %q", c.asked, known, near)
			}
		})
	}
}

func TestSchemasAcceptTheirDataAndRefuseOther(t *testing.T) {
	t.Parallel()
	for _, typ := range eventtype.All() {
		if typ.Path() == "" {
			continue
		}
		schema := compile(t, typ)
		data := map[string]any{"new": "fields are no other version"}
		for _, f := range typ.Fields() {
			data[f.Name] = map[string]any{
				"string": "x", "integer": 1, "boolean": true, "time": "2026-01-02T03:04:05Z", "strings": []any{"x"}, "list": []any{1}, "object": map[string]any{}, "any": 1,
			}[f.Kind]
		}
		if err := schema.Validate(data); err != nil {
			t.Errorf("%s: %v", typ.Name, err)
		}
		if err := schema.Validate(map[string]any{"omitted": "too large"}); err != nil {
			t.Errorf("%s without data: %v", typ.Name, err)
		}
		for _, f := range typ.Fields() {
			without := map[string]any{}
			for k, v := range data {
				if k != f.Name {
					without[k] = v
				}
			}
			if err := schema.Validate(without); (err == nil) != f.Optional {
				t.Errorf("%s without %s: %v", typ.Name, f.Name, err)
			}
		}
	}
}

func compile(t *testing.T, typ eventtype.Type) *jsonschema.Schema {
	t.Helper()
	id := "https://terrace.example" + typ.Path()
	raw, err := typ.Schema(id)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(id, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(id)
	if err != nil {
		t.Fatalf("%s: %v", typ.Name, err)
	}
	return schema
}

func TestTypesAreListedOnce(t *testing.T) {
	t.Parallel()
	before := ""
	for _, typ := range eventtype.All() {
		if typ.Name <= before || strings.Contains(typ.Name, "*") {
			t.Errorf("%s after %s", typ.Name, before)
		}
		before = typ.Name
		if found, ok := eventtype.Find(typ.Name); !ok || found != typ {
			t.Errorf("%s is not found", typ.Name)
		}
	}
}
