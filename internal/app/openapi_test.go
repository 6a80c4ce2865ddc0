package app_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/app"
)

const again = "make generate"

func TestTheDocumentIsCommitted(t *testing.T) {
	t.Parallel()
	served, err := app.OpenAPI(false)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("../../docs/reference/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(served, committed) {
		t.Errorf("docs/reference/openapi.yaml is not what is served: %s", again)
	}
}

// TestTheClientIsGenerated runs the pinned generator, as make generate does.
func TestTheClientIsGenerated(t *testing.T) {
	t.Parallel()
	document, err := app.OpenAPI(true)
	if err != nil {
		t.Fatal(err)
	}
	dir, client := t.TempDir(), "../apiclient"
	out := filepath.Join(dir, "client_gen.go")
	config, err := os.ReadFile(filepath.Join(client, "oapi-codegen.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config = bytes.Replace(config, []byte("output: client_gen.go"), []byte("output: "+out), 1)
	for name, content := range map[string][]byte{"openapi.yaml": document, "config.yaml": config} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	generate := exec.CommandContext(t.Context(), "go", "tool", "-modfile=../../tools/go.mod", "oapi-codegen",
		"-config", filepath.Join(dir, "config.yaml"), filepath.Join(dir, "openapi.yaml"))
	generate.Dir = client // the overlay is there
	if said, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("oapi-codegen: %v\n%s", err, said)
	}
	fresh, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile(filepath.Join(client, "client_gen.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(fresh, committed) {
		t.Errorf("internal/apiclient/client_gen.go is stale: %s", again)
	}
}

type document struct {
	Info  struct{ Version string }
	Paths map[string]map[string]struct {
		OperationID string `yaml:"operationId"`
		Summary     string
		Tags        []string
		Parameters  []struct{ Name, In, Description string }
		Responses   map[string]struct {
			Description string
			Content     map[string]any
		}
	}
	Components struct {
		Schemas map[string]struct {
			Properties map[string]any
		}
	}
}

// TestTheDocumentTellsEnough holds the document to what a reader and a
// generator need of every operation.
func TestTheDocumentTellsEnough(t *testing.T) {
	t.Parallel()
	served, err := app.OpenAPI(false)
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := yaml.Unmarshal(served, &d); err != nil {
		t.Fatal(err)
	}
	id, word, schema := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`), regexp.MustCompile(`^[a-z][a-zA-Z]*[0-9]*$`), regexp.MustCompile(`^[A-Z][A-Za-z]*$`)
	ids := map[string]bool{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			at := method + " " + path
			if !id.MatchString(op.OperationID) || ids[op.OperationID] || op.Summary == "" || len(op.Tags) != 1 || !id.MatchString(op.Tags[0]) {
				t.Errorf("%s: its operation id, its summary or its tag is missing, odd or taken", at)
			}
			ids[op.OperationID] = true
			for _, p := range op.Parameters {
				if p.Description == "" || !word.MatchString(p.Name) {
					t.Errorf("%s: the parameter %s in the %s has no description, or is not in camel case", at, p.Name, p.In)
				}
			}
			if op.Responses["default"].Content["application/problem+json"] == nil {
				t.Errorf("%s: its errors are not documented", at)
			}
		}
	}
	for name, s := range d.Components.Schemas {
		if !schema.MatchString(name) || regexp.MustCompile(`(Input|Output)?Body$`).MatchString(name) {
			t.Errorf("the schema %s has an odd name", name)
		}
		for property := range s.Properties {
			if !word.MatchString(property) {
				t.Errorf("%s.%s is not in camel case", name, property)
			}
		}
	}
	if len(ids) < 40 || d.Info.Version == "" {
		t.Errorf("%d operations, version %q", len(ids), d.Info.Version)
	}
}
