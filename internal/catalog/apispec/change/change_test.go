package change_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/change"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
)

const base = `openapi: 3.1.0
info: {title: Orders, version: '1'}
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {name: limit, in: query, schema: {type: integer, maximum: 100}}
      responses:
        '200':
          description: ok
          content:
            application/json:
              schema:
                type: object
                required: [id]
                properties: {id: {type: string}, note: {type: string}}
    delete:
      operationId: dropOrders
      responses: {'204': {description: gone}}
`

func read(t *testing.T, src string) *openapi.Document {
	t.Helper()
	d, err := openapi.Read("api.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhatBreaks(t *testing.T) {
	t.Parallel()
	drop := base[strings.Index(base, "    delete:"):]
	deprecated := func(extra string) string {
		return strings.Replace(base, "operationId: dropOrders\n", "operationId: dropOrders\n      deprecated: true\n"+extra, 1)
	}
	cases := map[string]struct {
		old, next string
		breaks    string
		line      int
	}{
		"nothing":                          {base, base, "", 0},
		"an operation more":                {strings.Replace(base, drop, "", 1), base, "", 0},
		"an operation less":                {base, strings.Replace(base, drop, "", 1), "api-removed-without-deprecation", 18},
		"one that was deprecated":          {deprecated(""), strings.Replace(base, drop, "", 1), "api-removed-with-deprecation", 18},
		"one whose day has not come":       {deprecated("      x-sunset: '2199-01-01'\n"), strings.Replace(base, drop, "", 1), "api-removed-before-sunset", 18},
		"one whose day is over":            {deprecated("      x-sunset: '2020-01-01'\n"), strings.Replace(base, drop, "", 1), "", 0},
		"a parameter that is required now": {base, strings.Replace(base, "in: query,", "in: query, required: true,", 1), "request-parameter-became-required", 8},
		"a tighter bound":                  {base, strings.Replace(base, "maximum: 100", "maximum: 10", 1), "request-parameter-max-decreased", 8},
		"a wider bound":                    {base, strings.Replace(base, "maximum: 100", "maximum: 1000", 1), "", 0},
		"a property that clients rely on":  {base, strings.Replace(base, "required: [id]", "required: []", 1), "response-property-became-optional", 0},
		"another type":                     {base, strings.Replace(base, "id: {type: string}", "id: {type: integer}", 1), "response-property-type-changed", 17},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := change.Between(read(t, c.old), read(t, c.next))
			if err != nil {
				t.Fatal(err)
			}
			broken := change.Broken(all)
			if (len(broken) > 0) != (c.breaks != "") {
				t.Fatalf("breaks %+v", broken)
			}
			if c.breaks == "" {
				return
			}
			if b := broken[0]; b.ID != c.breaks || c.line > 0 && b.Line != c.line || !strings.HasSuffix(b.Operation, "/orders") {
				t.Errorf("%+v, want %s in line %d", b, c.breaks, c.line)
			}
		})
	}
}

func TestTheChangelogIsSorted(t *testing.T) {
	t.Parallel()
	next := strings.Replace(base, "in: query,", "in: query, required: true,", 1)
	next = strings.Replace(next, "note: {type: string}", "note: {type: string}, place: {type: string}", 1)
	all, err := change.Between(read(t, base), read(t, next))
	if err != nil {
		t.Fatal(err)
	}
	text := change.Markdown("Orders 2", all)
	breaking, safe := strings.Index(text, "## Breaking"), strings.Index(text, "## Compatible")
	if !strings.HasPrefix(text, "# Orders 2\n") || breaking < 0 || safe < breaking || !strings.Contains(text, "- `GET /orders`: ") {
		t.Errorf("written as\n%s", text)
	}
	if none := change.Markdown("x", nil); !strings.Contains(none, "Nothing is different") {
		t.Errorf("written as\n%s", none)
	}
}
