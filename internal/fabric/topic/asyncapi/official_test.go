package asyncapi_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/terrace-idp/terrace/internal/fabric/topic/asyncapi"
)

// A document is valid by the schema that the makers of AsyncAPI publish.
func TestOfficialSchema(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(os.Getenv("TERRACE_TEST_PEERS"), "node_modules", "@asyncapi", "specs", "schemas", "3.0.0.json"))
	if err != nil {
		t.Skip("AsyncAPI's schema is not there: .ci/peers FOLDER installs it, and TERRACE_TEST_PEERS names the folder")
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	const id = "http://asyncapi.com/definitions/3.0.0/asyncapi.json"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	text, err := asyncapi.Render(document())
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Fatal(err)
	}
}
