package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/terrace-idp/terrace/test/harness"
)

// told is what is read of an event.
type told struct {
	ID, Type, Subject, Stage, DataSchema, CausationID string

	Data json.RawMessage
}

// allTold returns every event of the tenant, the oldest first.
func allTold(ctx context.Context, t *testing.T, d *harness.Daemon) []told {
	t.Helper()
	var all []told
	for cursor := ""; ; {
		var page struct {
			Items []told
			Next  string
		}
		status, err := d.Call(ctx, d.SignIn().Token, http.MethodGet, "/api/v1/events?limit=200&cursor="+cursor, nil, &page)
		if err != nil || status != http.StatusOK {
			t.Fatalf("events: %d, %v", status, err)
		}
		all = append(all, page.Items...)
		if cursor = page.Next; cursor == "" {
			slices.Reverse(all)
			return all
		}
	}
}

// fitSchemas holds the data of events to the schemas that they name, as the daemon
// serves them to anybody.
func fitSchemas(ctx context.Context, t *testing.T, d *harness.Daemon, events []told) {
	t.Helper()
	schemas, types := map[string]*jsonschema.Schema{}, map[string]bool{}
	for _, e := range events {
		types[e.Type] = true
		if (e.DataSchema == "") != (len(e.Data) == 0) {
			t.Errorf("%s has the data %s and the schema %q", e.Type, e.Data, e.DataSchema)
		}
		if e.DataSchema == "" {
			continue
		}
		if schemas[e.DataSchema] == nil {
			schemas[e.DataSchema] = schemaAt(ctx, t, d, e.DataSchema)
		}
		data, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data))
		if err != nil {
			t.Fatal(err)
		}
		if err := schemas[e.DataSchema].Validate(data); err != nil {
			t.Errorf("%s: %s does not fit: %v", e.Type, e.Data, err)
		}
	}
	t.Logf("%d events of %d types fit their schemas", len(events), len(types))
}

func schemaAt(ctx context.Context, t *testing.T, d *harness.Daemon, address string) *jsonschema.Schema {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var raw json.RawMessage
	status, err := d.Call(ctx, "", http.MethodGet, at.Path, nil, &raw)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d, %v", address, status, err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(address, document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(address)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// waysTo returns for each last event of a type the types on the way that led to it,
// the first one first.
func waysTo(events []told, last string) []string {
	byID := map[string]told{}
	for _, e := range events {
		byID[e.ID] = e
	}
	var ways []string
	for _, e := range events {
		if e.Type != "dev.terrace."+last {
			continue
		}
		var way []string
		for at, ok := e, true; ok && len(way) < 20; at, ok = byID[at.CausationID] {
			way = append(way, strings.TrimPrefix(at.Type, "dev.terrace."))
		}
		slices.Reverse(way)
		ways = append(ways, strings.Join(way, " "))
	}
	return ways
}
