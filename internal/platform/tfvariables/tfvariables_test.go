package tfvariables_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/platform/tfvariables"
)

func TestReadsVariablesOfTheRootModule(t *testing.T) {
	t.Parallel()
	got := tfvariables.Of(map[string][]byte{
		"main.tf":      []byte("variable \"shown\" {}\nvariable \"password\" {\n  type      = string\n  sensitive = true\n}\n"),
		"more.tf.json": []byte(`{"variable": {"once": {"type": "string", "ephemeral": true}}}`),
		"odd.tf":       []byte("variable \"users\" {\n  type = map(string)\n  sensitive = !false\n}\nvariable \"all\" {\n  type = any\n  sensitive = var.shown\n}\n"),
		"broken.tf":    []byte("variable \"x\" {"),
		"m/main.tf":    []byte("variable \"nested\" { sensitive = true }"),
		"notes.md":     []byte("variable \"none\" {}"),
	})
	want := map[string]tfvariables.Variable{
		"shown":    {File: "main.tf", Line: 1},
		"password": {Sensitive: true, File: "main.tf", Line: 2},
		"once":     {Ephemeral: true, File: "more.tf.json", Line: 1},
		"users":    {Sensitive: true, Structured: true, File: "odd.tf", Line: 1},
		"all":      {Structured: true, File: "odd.tf", Line: 5},
	}
	delete(got, "x") // what is read of a broken file says nothing
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
