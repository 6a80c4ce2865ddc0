package cost_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func TestMistakesInUsageHavePlaces(t *testing.T) {
	t.Parallel()
	const use = "resource_usage:\n  azurerm_public_ip.a:\n    "
	for name, c := range map[string]struct{ text, want string }{
		"no YAML":                {"resource_usage: [\n", "usage.yml:"},
		"an address of a number": {"resource_usage:\n  azurerm_lb.a: 5\n", "usage.yml:2:17: keys and values are expected"},
		"less than nothing":      {use + "monthly_hrs: -1\n", "usage.yml:3:18: monthly_hrs is -1"},
		"no number":              {use + "monthly_hrs: .nan\n", "usage.yml:3:18: monthly_hrs is no number"},
		"no number, as text":     {use + "monthly_hrs: NaN\n", "usage.yml:3:18: monthly_hrs is no number"},
		"no end":                 {use + "monthly_hrs: .inf\n", "usage.yml:3:18: monthly_hrs is .inf"},
		"a list":                 {use + "monthly_hrs: [1]\n", "usage.yml:3:18: monthly_hrs is no number"},
		"another version":        {"version: 3\n", `usage.yml:1:10: the version "3" is not known`},
		"another part":           {"resource_usages: {}\n", "usage.yml:1:1: \"resource_usages\" is no part of a usage file (Did you mean resource_usage?)"},
	} {
		if _, err := cost.ParseUsage("usage.yml", []byte(c.text)); err == nil || !strings.Contains(fmt.Sprintf("%+v", err), c.want) {
			t.Errorf("%s: got %+v", name, err)
		}
	}
}

// What is told of use and changes nothing is told back; what is no number is an error.
func TestUsageIsHeldAgainstWhatIsEstimated(t *testing.T) {
	t.Parallel()
	p := plan(t,
		change("azurerm_linux_virtual_machine.a[0]", create, "null", `{"location":"eastus","size":"Standard_F2"}`),
		change("azurerm_storage_account.s", create, "null", `{"location":"westeurope","account_tier":"Standard","account_replication_type":"LRS"}`),
		change("azurerm_resource_group.g", create, "null", `{"location":"eastus"}`))
	estimate := func(text string) (*cost.Estimate, string) {
		u, err := cost.ParseUsage("usage.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		e, err := estimator(t).Estimate(t.Context(), p.After, u)
		if err != nil {
			return nil, fmt.Sprintf("%+v", err)
		}
		return e, fmt.Sprint(u.Warnings())
	}
	for name, c := range map[string]struct{ text, want string }{
		"all is read":            {"version: 0.1\nresource_usage:\n  azurerm_linux_virtual_machine.a[*]:\n    monthly_hrs: 10\nresource_type_default_usage:\n  azurerm_lb:\n    x: 1\n", "[]"},
		"an address":             {"resource_usage:\n  azurerm_storage_account.t:\n    storage_gb: 10\n", "usage.yml:2:3: there is no resource azurerm_storage_account.t: what is told of it changes nothing (Did you mean azurerm_storage_account.s?)"},
		"a key":                  {"resource_usage:\n  azurerm_storage_account.s:\n    storage_gbs: 10\n", "usage.yml:3:18: no cost of azurerm_storage_account.s as it is depends on storage_gbs (Did you mean storage_gb?)"},
		"a key of another type":  {"resource_type_default_usage:\n  azurerm_storage_account:\n    monthly_hrs: 10\n", "usage.yml:3:18: no cost of azurerm_storage_account as it is depends on monthly_hrs"},
		"what costs nothing":     {"resource_usage:\n  azurerm_resource_group.g:\n    storage_gb: 10\n", "usage.yml:2:3: no cost of azurerm_resource_group.g depends on use"},
		"an address twice":       {"resource_usage:\n  azurerm_storage_account.s:\n    storage_gb: 10\n  azurerm_storage_account.s:\n    storage_gb: 11\n", "usage.yml:4:3: azurerm_storage_account.s is told twice"},
		"text, and not a number": {"resource_usage:\n  azurerm_storage_account.s:\n    storage_gb: much\n", "usage.yml:3:17: storage_gb is \"much\", and a number is needed"},
	} {
		if _, got := estimate(c.text); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s", name, got)
		}
	}
	e, _ := estimate("resource_usage:\n  azurerm_storage_account.s:\n    storage_gb: 60_000\n")
	item, _ := e.Item("azurerm_storage_account.s")
	if len(e.Unpriced) != 0 || item.Monthly < 60_000*0.019 || len(e.Assumptions) != 1 || e.Assumptions[0].Assumed != "the price of Capacity" {
		t.Errorf("capacity without a price of its steps: %+v, %+v, %+v", item, e.Unpriced, e.Assumptions)
	}
}
