package cost_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

// A value that cannot be what it is read as has no figure: it is told instead.
func TestValuesThatCannotBeHaveNoFigure(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`"abc"`: `disk_size_gb is "abc", which is no number`, `-5`: "disk_size_gb is -5, which is below zero", `0`: "disk_size_gb is 0, which is not above zero",
		`[1]`: "disk_size_gb is [1], which is no number", `"1e999"`: "no number", `"Inf"`: "larger than any number",
	} {
		p := plan(t, change("azurerm_managed_disk.a", create, "null", fmt.Sprintf(`{"location":"westeurope","storage_account_type":"Premium_LRS","disk_size_gb":%s}`, value)))
		e, err := estimator(t).Estimate(t.Context(), p.After, nil)
		if err != nil {
			t.Fatal(err)
		}
		if e.Total.Monthly != 0 || len(e.Items) != 0 || len(e.Unpriced) != 1 || !strings.Contains(e.Unpriced[0].Reason, want) {
			t.Errorf("%s: %+v", value, e)
		}
	}
	for attribute, want := range map[string]string{
		`"zone_redundant":"maybe"`: `zone_redundant is "maybe", which is neither true nor false`, `"zone_redundant":"true"`: "", `"max_size_gb":"10"`: "", `"max_size_gb":null`: "",
	} {
		p := plan(t, change("azurerm_mssql_database.a", create, "null", `{"location":"eastus","sku_name":"GP_Gen5_2",`+attribute+`}`))
		e, err := estimator(t).Estimate(t.Context(), p.After, nil)
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, u := range e.Unpriced {
			said += u.Reason
		}
		if want != "" && said != want || want == "" && strings.Contains(said, "which is") {
			t.Errorf("%s: %q", attribute, said)
		}
	}
}

// What does not tell where it is, is taken to be where most of the others are.
func TestAResourceWithoutARegionIsWhereMostOthersAre(t *testing.T) {
	t.Parallel()
	record := change("azurerm_private_dns_a_record.a", create, "null", `{"name":"a"}`)
	for want, beside := range map[string][]string{
		"eastus": nil, "westeurope": {
			change("azurerm_lb.a", create, "null", `{"location":"West Europe"}`), change("azurerm_lb.b", create, "null", `{"location":"West Europe"}`),
			change("azurerm_lb.c", create, "null", `{"location":"eastus"}`), change("azurerm_lb.d", create, "null", `{"location":"global"}`),
			change("azurerm_lb.e", create, "null", `{"location":"global"}`), change("azurerm_lb.f", create, "null", `{"location":"global"}`),
		},
	} {
		e, err := estimator(t).Estimate(t.Context(), plan(t, append(beside, record)...).After, nil)
		if err != nil {
			t.Fatal(err)
		}
		item, ok := e.Item("azurerm_private_dns_a_record.a")
		if !ok || item.Region != want || len(item.Assumed) != 1 || item.Assumed[0] != "location" {
			t.Errorf("got %+v", item)
		}
	}
}

// What costs more than any number is a figure that no budget has room for, not none.
func TestACostLargerThanAnyNumberStaysANumber(t *testing.T) {
	t.Parallel()
	usage, err := cost.ParseUsage("u.yml", []byte("resource_usage: {azurerm_dns_a_record.a: {monthly_queries: 1e308}, azurerm_dns_a_record.b: {monthly_queries: 1.7e308}}"))
	if err != nil {
		t.Fatal(err)
	}
	record := `{"name":"a","location":"westeurope"}`
	e, err := estimator(t).Estimate(t.Context(), plan(t, change("azurerm_dns_a_record.a", create, "null", record), change("azurerm_dns_a_record.b", create, "null", record)).After, usage)
	if err != nil || !(e.Total.Monthly > 1e300) || math.IsInf(e.Total.Monthly, 0) || !e.Complete() {
		t.Errorf("%+v %v", e, err)
	}
	if _, err := json.Marshal(e); err != nil {
		t.Error(err)
	}
}
