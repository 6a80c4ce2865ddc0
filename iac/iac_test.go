package iac_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-config-inspect/tfconfig"

	"github.com/terrace-idp/terrace/iac"
	"github.com/terrace-idp/terrace/iac/iactest"
	"github.com/terrace-idp/terrace/internal/delivery/graph"
)

// contract are the outputs that the modules of a function have on every target.
func contract() map[string][]string {
	return map[string][]string{
		"dns":          {"fqdn", "host"},
		"gateway":      {"plane"},
		"mysql":        {"database", "host", "name", "password", "port", "username"},
		"nosql":        {"name", "token", "url"},
		"redis":        {"host", "password", "port", "username"},
		"route":        {"host", "url"},
		"secret":       {"name", "value"},
		"config":       {"name", "ofrep", "stream", "token", "url"},
		"service":      {"endpoint", "name", "status"},
		"service-port": {"hostname", "port"},
		"topic":        {"host", "name", "password", "port", "subject", "url", "username"},
		"volume":       {"path", "source"},
	}
}

// further are outputs that a module has beside those of its function.
func further() map[string][]string {
	return map[string][]string{
		"local/modules/mysql":        {"ca_file"},
		"local/modules/redis":        {"ca_file", "tls_port"},
		"kubernetes/modules/service": {"commit", "folder", "namespace", "notes", "repository"},
		"azure/modules/secret":       {"ephemeral_value", "resource_id", "version"},
	}
}

// modules are those that need the provider terrace alone.
func modules(t *testing.T) []string {
	t.Helper()
	return modulesOf(t, "local", "kubernetes")
}

func modulesOf(t *testing.T, folders ...string) []string {
	t.Helper()
	var all []string
	for _, of := range folders {
		dirs, err := filepath.Glob(of + "/modules/*")
		if err != nil || len(dirs) == 0 {
			t.Fatal("there are no modules", err)
		}
		all = append(all, dirs...)
	}
	return all
}

func TestModulesKeepTheContract(t *testing.T) {
	t.Parallel()
	for _, dir := range modulesOf(t, "local", "kubernetes", "azure") {
		m, diagnostics := tfconfig.LoadModule(dir)
		if diagnostics.HasErrors() {
			t.Fatal(diagnostics)
		}
		var outputs []string
		for name, output := range m.Outputs {
			outputs = append(outputs, name)
			if output.Description == "" {
				t.Errorf("%s: output %s has no description", dir, name)
			}
		}
		want := slices.Concat(contract()[filepath.Base(dir)], further()[dir])
		slices.Sort(outputs)
		slices.Sort(want)
		if diff := cmp.Diff(want, outputs); diff != "" {
			t.Errorf("%s: %s", dir, diff)
		}
		for _, name := range []string{"name", "project", "stage", "workload", "tags"} {
			if m.Variables[name] == nil {
				t.Errorf("%s has no input %s", dir, name)
			}
		}
		for name, v := range m.Variables {
			if v.Type == "" || v.Description == "" {
				t.Errorf("%s: variable %s has no type or no description", dir, name)
			}
		}
		if len(m.ProviderConfigs) > 0 {
			t.Errorf("%s configures a provider", dir)
		}
	}
}

func TestEveryVariableIsValidated(t *testing.T) {
	t.Parallel()
	for _, dir := range modulesOf(t, "local", "kubernetes", "azure") {
		text, err := os.ReadFile(filepath.Join(dir, "variables.tf"))
		if err != nil {
			t.Fatal(err)
		}
		_, variables, _ := strings.Cut("\n"+string(text), "\nvariable ")
		for block := range strings.SplitSeq(variables, "\nvariable ") {
			if !strings.Contains(block, "validation {") {
				t.Errorf("%s: a variable without validation: %.60q", dir, block)
			}
		}
	}
}

func TestModulesWithTheRealTools(t *testing.T) {
	t.Parallel()
	for _, tool := range iactest.Tools(t) {
		config := iactest.Config{Mirror: iactest.Mirror(t)}
		for _, dir := range modules(t) {
			t.Run(filepath.Base(tool)+" "+filepath.Base(dir), func(t *testing.T) {
				t.Parallel()
				work := t.TempDir()
				if err := os.CopyFS(work, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				for _, args := range [][]string{
					{"fmt", "-check", "-recursive", "-diff"}, {"init", "-input=false", "-no-color"}, {"validate", "-no-color"}, {"test", "-no-color"},
				} {
					if out, err := iactest.Run(t, config, tool, work, args...); err != nil {
						t.Fatalf("%s: %v\n%s", args[0], err, out)
					}
				}
			})
		}
	}
}

func TestDefinitionsFitTogether(t *testing.T) {
	t.Parallel()
	var definitions []graph.Definition
	for _, tree := range append(iac.Trees("local", "kubernetes"), iac.Trees("azure", "")...) {
		definitions = append(definitions, definitionsOf(t, tree.Files)...)
	}
	if _, err := graph.NewIndex(definitions); err != nil {
		t.Fatal(err)
	}
}

// TestAzureGivesWhatLocalGives: the same Score file works on both.
func TestAzureGivesWhatLocalGives(t *testing.T) {
	t.Parallel()
	served, outputs := map[string]bool{}, contract()
	outputs["kafka-topic"] = outputs["topic"]
	for _, d := range definitionsOf(t, iac.Trees("azure", "")[1].Files) {
		served[d.Type] = true
		for _, name := range outputs[d.Type] {
			if _, ok := d.Outputs[name]; !ok && d.Module.Source != "terrace/"+d.Type+"/azurerm" { // whose module has the names itself
				t.Errorf("%s has no output %s, as the type %s has on the target local", d.Name, name, d.Type)
			}
		}
	}
	for _, typ := range []string{
		"certificate", "config", "dns", "gateway", "kafka-topic", "mongodb", "mysql", "nosql", "redis", "route", "secret", "service-bus-queue", "service-bus-topic", "topic", "workload-identity",
	} {
		if !served[typ] {
			t.Errorf("nothing serves %s on azure", typ)
		}
	}
}

func definitionsOf(t *testing.T, shipped fs.FS) (definitions []graph.Definition) {
	t.Helper()
	names, err := fs.Glob(shipped, "definitions/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		source, err := fs.ReadFile(shipped, name)
		if err != nil {
			t.Fatal(err)
		}
		d, err := graph.ParseDefinition(name, source)
		if err != nil {
			t.Fatal(err)
		}
		definitions = append(definitions, d)
	}
	return definitions
}
