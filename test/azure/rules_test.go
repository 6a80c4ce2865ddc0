package azure_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// ruleset is what tflint checks by.
type ruleset struct {
	config string
	env    []string
}

// rules are those of iac/.tflint.hcl. Those for azurerm come from a place that not
// every network reaches: without them the others are left.
func rules(t testing.TB) ruleset {
	t.Helper()
	path, plugins := tree(t, "iac", ".tflint.hcl"), os.Getenv("TFLINT_PLUGIN_DIR")
	found, err := filepath.Glob(filepath.Join(plugins, "github.com/terraform-linters/tflint-ruleset-azurerm/*/tflint-ruleset-azurerm"))
	if err != nil {
		t.Fatal(err)
	}
	if plugins != "" && len(found) > 0 {
		return ruleset{config: path, env: []string{"TFLINT_PLUGIN_DIR=" + plugins}}
	}
	t.Log("SKIPPED: tflint's rules for azurerm, which are not reached from here; its own rules and the provider's validators remain")
	return ruleset{config: withoutAzurerm(t, path)}
}

// withoutAzurerm is a copy of a configuration that does not ask for the rules for azurerm.
func withoutAzurerm(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, diagnostics := hclwrite.ParseConfig(text, path, hcl.InitialPos)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	plugin := file.Body().FirstMatchingBlock("plugin", []string{"azurerm"})
	if plugin == nil {
		t.Fatalf("%s does not name the rules for azurerm", path)
	}
	file.Body().RemoveBlock(plugin)
	for _, block := range file.Body().Blocks() {
		if block.Type() == "rule" && strings.HasPrefix(block.Labels()[0], "azurerm_") {
			file.Body().RemoveBlock(block)
		}
	}
	left := filepath.Join(t.TempDir(), "tflint.hcl")
	if err := os.WriteFile(left, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return left
}
