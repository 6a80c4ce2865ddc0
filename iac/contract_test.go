package iac_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// azureModules are the twenty modules of the brief.
func azureModules() []string {
	return []string{
		"aks", "api-management", "auth-oidc", "certificates", "cost-management", "dns-private-zones", "eventing-kafka", "gitops-config", "identity", "keyvault",
		"monitoring", "mysql-db", "network", "nosql-db", "observability", "policy-compliance", "redis", "self-service-portal", "service-bus", "waf-gateway",
	}
}

func TestAllTwentyModulesAreThere(t *testing.T) {
	t.Parallel()
	for _, name := range azureModules() {
		for _, file := range []string{
			"VERSION", "README.md", "terraform.tf", "variables.tf", "main.tf", "outputs.tf", "contract.base.tf", "examples/default/main.tf", "tests/defaults.tftest.hcl", "tests/validation.tftest.hcl",
		} {
			if _, err := os.Stat(filepath.Join("modules", name, file)); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestModulesHaveExactCopiesOfTheContract: the inputs that all modules share are
// written once, in the folder contract.
func TestModulesHaveExactCopiesOfTheContract(t *testing.T) {
	t.Parallel()
	copies, err := filepath.Glob("modules/*/contract.*")
	if err != nil {
		t.Fatal(err)
	}
	if len(copies) < len(azureModules()) {
		t.Fatalf("only %d copies of the contract's files in %d modules", len(copies), len(azureModules()))
	}
	for _, file := range copies {
		want, err := os.ReadFile(filepath.Join("contract", filepath.Base(file)))
		if err != nil {
			t.Errorf("%s is no part of the contract: %v", file, err)
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, got) {
			t.Errorf("%s differs from contract/%s", file, filepath.Base(file))
		}
	}
}

func TestNoModuleBeyondTheTwenty(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("modules/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if !slices.Contains(azureModules(), filepath.Base(dir)) {
			t.Errorf("%s is not in the list of this test", dir)
		}
	}
}

// TestALockFollowsAllThatItsModuleMakes: a child that is deleted while the lock is still there is refused.
func TestALockFollowsAllThatItsModuleMakes(t *testing.T) {
	t.Parallel()
	resource, list := regexp.MustCompile(`(?m)^resource "(\w+)" "(\w+)"`), regexp.MustCompile(`(?s)lock_follows = \[(.*?)\n  \]`)
	for _, name := range azureModules() {
		if _, err := os.Stat(filepath.Join("modules", name, "contract.lock.tf")); err != nil {
			continue
		}
		source := moduleSource(t, name)
		follows := list.FindString(source)
		for _, r := range resource.FindAllStringSubmatch(source, -1) {
			if address := r[1] + "." + r[2]; r[1] != "azurerm_management_lock" && !strings.Contains(follows, " "+address+",") {
				t.Errorf("%s: the lock does not follow %s", name, address)
			}
		}
	}
}

// moduleSource is all HCL of a module.
func moduleSource(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("modules", name, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(raw)
	}
	return out.String()
}
