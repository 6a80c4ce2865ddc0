package iac_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-config-inspect/tfconfig"
)

const (
	begin = "<!-- BEGIN_TF_DOCS -->\n"
	end   = "<!-- END_TF_DOCS -->\n"
)

// TestReadmesAreCurrent compares the tables of each README with its module.
// TERRACE_UPDATE=1 writes them.
func TestReadmesAreCurrent(t *testing.T) {
	t.Parallel()
	for _, dir := range modulesOf(t, "local", "kubernetes", "azure") {
		file := filepath.Join(dir, "README.md")
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		head, _, ok := strings.Cut(string(got), begin)
		if !ok {
			t.Errorf("%s has no line %q", file, begin)
		}
		want := head + begin + tables(t, dir) + end
		if want == string(got) {
			continue
		}
		if os.Getenv("TERRACE_UPDATE") == "" {
			t.Errorf("%s is out of date: run the test with TERRACE_UPDATE=1", file)
		} else if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func tables(t *testing.T, dir string) string {
	t.Helper()
	m, diagnostics := tfconfig.LoadModule(dir)
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	var b strings.Builder
	b.WriteString("## Requirements\n\n| Name | Version |\n|------|---------|\n")
	fmt.Fprintf(&b, "| terraform | %s |\n", strings.Join(m.RequiredCore, ", "))
	for _, name := range slices.Sorted(maps.Keys(m.RequiredProviders)) {
		fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(m.RequiredProviders[name].VersionConstraints, ", "))
	}
	b.WriteString("\n## Resources\n\n| Name | Type |\n|------|------|\n")
	for _, name := range slices.Sorted(maps.Keys(m.ManagedResources)) {
		fmt.Fprintf(&b, "| %s | resource |\n", name)
	}
	for _, name := range slices.Sorted(maps.Keys(m.DataResources)) {
		fmt.Fprintf(&b, "| %s | data source |\n", strings.TrimPrefix(name, "data."))
	}
	b.WriteString("\n## Inputs\n\n| Name | Description | Type | Default | Required |\n|------|-------------|------|---------|:--------:|\n")
	for _, name := range slices.Sorted(maps.Keys(m.Variables)) {
		b.WriteString(inputRow(t, m.Variables[name]))
	}
	b.WriteString("\n## Outputs\n\n| Name | Description |\n|------|-------------|\n")
	for _, name := range slices.Sorted(maps.Keys(m.Outputs)) {
		fmt.Fprintf(&b, "| %s | %s |\n", name, m.Outputs[name].Description)
	}
	return b.String()
}

func inputRow(t *testing.T, v *tfconfig.Variable) string {
	t.Helper()
	value, required := "n/a", "yes"
	if !v.Required {
		text, err := json.Marshal(v.Default)
		if err != nil {
			t.Fatal(err)
		}
		value, required = "`"+string(text)+"`", "no"
	}
	kind := "`" + v.Type + "`"
	if strings.Contains(v.Type, "\n") {
		kind = "<pre>" + strings.ReplaceAll(v.Type, "\n", "<br/>") + "</pre>"
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", v.Name, v.Description, kind, value, required)
}
