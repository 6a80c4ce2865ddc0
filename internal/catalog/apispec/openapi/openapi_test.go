package openapi_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const head = "openapi: 3.1.0\ninfo: {title: Orders, version: '1'}\n"

func TestWhatIsWrongHasItsPlace(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		src          string
		line, column int
		says         string
	}{
		"nothing":               {"", 1, 1, "empty"},
		"no YAML":               {"openapi: 3.1.0\ninfo: {title\n", 1, 1, "neither YAML nor JSON"},
		"Swagger":               {"swagger: '2.0'\n", 1, 1, "Swagger 2.0"},
		"a later version":       {"openapi: 3.2.0\n", 1, 10, "3.2.0"},
		"a file":                {head + "paths:\n  /a:\n    $ref: other.yaml\n", 5, 11, "leaves the document"},
		"another host":          {head + "paths: {}\ncomponents:\n  schemas:\n    A:\n      $ref: https://example.com/a.json\n", 7, 13, "leaves the document"},
		"nowhere":               {head + "paths: {}\ncomponents:\n  schemas:\n    A:\n      $ref: '#/components/schemas/B'\n", 7, 13, "ends nowhere"},
		"a mapping elsewhere":   {head + "paths: {}\ncomponents:\n  schemas:\n    A:\n      discriminator:\n        propertyName: k\n        mapping:\n          x: ./x.yaml\n", 10, 14, "leaves the document"},
		"another dialect":       {head + "paths: {}\njsonSchemaDialect: file:///etc/passwd\n", 4, 20, "dialect"},
		"an alias":              {head + "paths: {}\nx-a: &a [1]\nx-b: *a\n", 5, 6, "aliases"},
		"a key that is null":    {head + "paths: {}\nx-a:\n  null: 1\n", 5, 3, "in YAML"},
		"a key twice":           {head + "paths: {}\npaths: {}\n", 4, 1, "a second time"},
		"an operation's id":     {head + "paths:\n  /a:\n    get: {operationId: x, responses: {'200': {description: d}}}\n  /b:\n    get: {operationId: x, responses: {'200': {description: d}}}\n", 7, 11, "operation"},
		"a type that is none":   {head + "paths: {}\ncomponents:\n  schemas:\n    A:\n      type: strin\n", 7, 7, "strin"},
		"a parameter undefined": {head + "paths:\n  /a/{id}:\n    get: {operationId: x, responses: {'200': {description: d}}}\n", 4, 3, "id"},
		"JSON":                  {"{\"openapi\": \"3.1.0\",\n \"info\": {\"title\": \"t\", \"version\": \"1\"},\n \"paths\": {},\n \"components\": {\"schemas\": {\"A\": {\n   \"type\": \"strin\"}}}}", 5, 4, "strin"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := openapi.Read("api.yaml", []byte(c.src))
			known, is := errors.AsType[*kernel.Error](err)
			if !is || known.Kind != kernel.Invalid || len(known.Problems) == 0 {
				t.Fatalf("read as %v", err)
			}
			p := known.Problems[0]
			if p.File != "api.yaml" || p.Line != c.line || p.Column != c.column || !strings.Contains(p.Message, c.says) {
				t.Errorf("told at %d:%d: %s; want %d:%d and %q", p.Line, p.Column, p.Message, c.line, c.column, c.says)
			}
		})
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"deep": head + "x-a: " + strings.Repeat("[", 100) + strings.Repeat("]", 100),
		"many": head + "x-a: [" + strings.Repeat("1,", openapi.MaxNodes) + "1]",
		"long": head + "x-a: " + strings.Repeat("a", openapi.MaxBytes),
	}
	for name, src := range cases {
		if _, err := openapi.Read("", []byte(src)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func TestDataIsNoReference(t *testing.T) {
	t.Parallel()
	const src = head + `paths: {}
components:
  schemas:
    A:
      type: object
      properties:
        $ref: {type: string}
        example: {$ref: '#/components/schemas/B'}
      example: {$ref: anywhere}
    B: {type: string}
`
	if _, err := openapi.Read("", []byte(src)); err != nil {
		t.Error(err)
	}
}

func TestTheOwnDocumentIsRead(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../../../docs/reference/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := openapi.Read("openapi.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	if d.Spec.Paths.Len() < 100 {
		t.Errorf("%d paths", d.Spec.Paths.Len())
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(head + "paths: {}\n"))
	f.Fuzz(func(_ *testing.T, src []byte) { _, _ = openapi.Read("f", src) })
}
