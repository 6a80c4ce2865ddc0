package cost_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/azure"
	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
	"github.com/terrace-idp/terrace/internal/governance/cost/static"
)

// platform is where Terrace's own Terraform tree is.
const platform = "../../../iac"

// undescribed are the types of the tree whose costs Azure tells nowhere.
func undescribed() []string { return []string{"azurerm_dashboard_grafana_managed_private_endpoint"} }

// Every type of the platform's modules has a description of its costs, or none.
func TestEveryTypeOfTheModulesIsDescribed(t *testing.T) {
	t.Parallel()
	catalog, declared := azure.NewCatalog(), regexp.MustCompile(`(?m)^resource "(\w+)"`)
	seen := 0
	err := filepath.WalkDir(platform, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".tf") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, found := range declared.FindAllStringSubmatch(string(src), -1) {
			seen++
			if _, ok := catalog.Model(found[1]); !ok && !catalog.Free(found[1]) && !slices.Contains(undescribed(), found[1]) {
				t.Errorf("%s: %s has no description", path, found[1])
			}
		}
		return err
	})
	if err != nil || seen < 200 {
		t.Errorf("%d resources: %v", seen, err)
	}
}

// answers are the meters of the retail price API that the importer's own test has, as
// pages for two regions.
func answers(t *testing.T) *pricebook.Import {
	t.Helper()
	src, err := os.ReadFile("pricebook/testdata/meters.txt")
	if err != nil {
		t.Fatal(err)
	}
	var items []map[string]any
	for _, line := range strings.Split(string(src), "\n") {
		f := strings.Split(strings.SplitN(line, "=", 2)[0], "|")
		if len(f) != 10 || strings.HasPrefix(line, "#") {
			continue
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		tier, _ := strconv.ParseFloat(f[6], 64)
		price, _ := strconv.ParseFloat(f[7], 64)
		for _, region := range slices.Compact([]string{f[8], strings.Replace(f[8], "westeurope", "northeurope", 1)}) {
			items = append(items, map[string]any{
				"currencyCode": "USD", "type": "Consumption", "serviceName": f[0], "productName": f[1], "skuName": f[2], "armSkuName": f[3], "meterName": f[4],
				"unitOfMeasure": f[5], "tierMinimumUnits": tier, "retailPrice": price, "armRegionName": region, "location": f[9],
			})
		}
	}
	page, err := json.Marshal(map[string]any{"Items": items})
	if err != nil {
		t.Fatal(err)
	}
	i := pricebook.NewImport()
	if err := i.Page("page.json", strings.NewReader(string(page))); err != nil {
		t.Fatal(err)
	}
	return i
}

// With prices of the API, the platform's largest stage has a price for everything that
// it is known what it consists of.
func TestThePlatformIsPricedWithPricesOfTheAPI(t *testing.T) {
	t.Parallel()
	var snapshot strings.Builder
	if err := pricebook.Write(&snapshot, answers(t).Entries()); err != nil {
		t.Fatal(err)
	}
	book, err := pricebook.Load(pricebook.Shipped(), fstest.MapFS{"2026-11-01/azure.csv": {Data: []byte(snapshot.String())}})
	if err != nil {
		t.Fatal(err)
	}
	set, err := static.Read(t.Context(), platform, static.Options{Time: time.Hour, Given: []static.Given{{File: "environments/prod/variables.tfvars"}}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := cost.NewEstimator(book, azure.NewCatalog()).Estimate(t.Context(), set, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range out.Unpriced {
		if !slices.Contains(undescribed(), u.Type) {
			t.Errorf("%s %s: %s", u.Address, u.Component, u.Reason)
		}
	}
	if i, ok := out.Item("module.mysql.azurerm_mysql_flexible_server.this[0]"); !ok || len(i.Components) != 5 || i.Monthly < 1000 {
		t.Errorf("got %+v", i)
	}
}
