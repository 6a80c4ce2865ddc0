package azure_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	tfjson "github.com/hashicorp/terraform-json"
)

// taggable are the types of resources that take tags, by the provider's schema.
type taggable map[string]bool

// readTaggable is done once for all tests of the process.
var readTaggable struct {
	once  sync.Once
	found taggable
}

func (s toolset) taggable(t testing.TB) taggable {
	t.Helper()
	readTaggable.once.Do(func() { readTaggable.found = s.schema(t) })
	if len(readTaggable.found) == 0 {
		t.Fatal("the provider's schema could not be read")
	}
	return readTaggable.found
}

func (s toolset) schema(t testing.TB) taggable {
	t.Helper()
	dir := t.TempDir()
	text := "terraform {\n  required_providers {\n    azurerm = { source = \"hashicorp/azurerm\", version = \"5.2.0\" }\n  }\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must(t, dir, nil, s.terraform, "init", "-no-color")
	var all struct {
		Providers map[string]struct {
			Resources map[string]struct {
				Block struct {
					Attributes map[string]struct{ Optional bool } `json:"attributes"`
				} `json:"block"`
			} `json:"resource_schemas"`
		} `json:"provider_schemas"`
	}
	if err := json.Unmarshal([]byte(s.must(t, dir, nil, s.terraform, "providers", "schema", "-json")), &all); err != nil {
		t.Fatal(err)
	}
	found := taggable{}
	for _, provider := range all.Providers {
		for name, r := range provider.Resources {
			if r.Block.Attributes["tags"].Optional {
				found[name] = true
			}
		}
	}
	if !found["azurerm_resource_group"] || found["azurerm_subnet"] {
		t.Fatalf("the schema was read wrong: %d types take tags", len(found))
	}
	return found
}

// untagged are the resources of a plan that take tags and lack one.
func untagged(types taggable, plan *tfjson.Plan) (addresses []string) {
	for _, c := range plan.ResourceChanges {
		if c.Mode != tfjson.ManagedResourceMode || !types[c.Type] || c.Change.Actions.Delete() {
			continue
		}
		after, _ := c.Change.After.(map[string]any)
		tags, _ := after["tags"].(map[string]any)
		for _, name := range []string{"costcenter", "env", "owner"} {
			if value, _ := tags[name].(string); value == "" {
				addresses = append(addresses, c.Address+" lacks "+name)
			}
		}
	}
	return addresses
}

// tagged wants all three tags on every resource of the stage that takes tags.
func (l landing) tagged(t *testing.T, plan *tfjson.Plan) {
	t.Helper()
	for _, complaint := range untagged(l.taggable(t), plan) {
		t.Error(complaint)
	}
}

// TestATagThatLacksIsFound breaks a plan to see the check of tags fail.
func TestATagThatLacksIsFound(t *testing.T) {
	t.Parallel()
	change := func(address string, tags map[string]any) *tfjson.ResourceChange {
		return &tfjson.ResourceChange{
			Address: address, Mode: tfjson.ManagedResourceMode, Type: "azurerm_key_vault",
			Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionCreate}, After: map[string]any{"tags": tags}},
		}
	}
	plan := &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		change("good", map[string]any{"costcenter": "1", "env": "dev", "owner": "me"}),
		change("none", nil),
		change("empty", map[string]any{"costcenter": "1", "env": "dev", "owner": ""}),
	}}
	got := untagged(taggable{"azurerm_key_vault": true}, plan)
	if want := "none lacks costcenter,none lacks env,none lacks owner,empty lacks owner"; strings.Join(got, ",") != want {
		t.Errorf("got %v", got)
	}
}

// TestEveryTaggableResourceHasTags reads the code, since no plan has every
// resource that a module can make.
func TestEveryTaggableResourceHasTags(t *testing.T) {
	t.Parallel()
	types := tools(t).taggable(t)
	files, err := filepath.Glob(tree(t, "iac", "modules", "*", "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*.tf", "bootstrap/*.tf"} {
		more, err := filepath.Glob(tree(t, "iac", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	for _, file := range files {
		for _, r := range resources(t, file) {
			if _, ok := r.Body.Attributes["tags"]; types[r.Labels[0]] && !ok {
				t.Errorf("%s: %s.%s takes tags and gets none", file, r.Labels[0], r.Labels[1])
			}
		}
	}
}

func resources(t *testing.T, file string) (found []*hclsyntax.Block) {
	t.Helper()
	parsed, diagnostics := hclparse.NewParser().ParseHCLFile(file)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		t.Fatalf("%s is not in HCL's own syntax", file)
	}
	for _, block := range body.Blocks {
		if block.Type == "resource" {
			found = append(found, block)
		}
	}
	return found
}
