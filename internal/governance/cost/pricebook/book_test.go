package pricebook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const header = "service,meter,variant,region,unit,usd\n"

func TestTheNewestSnapshotWins(t *testing.T) {
	t.Parallel()
	book, err := pricebook.Load(fstest.MapFS{
		"2026-01-01/a.csv": {Data: []byte(header + "lb,Rule,,eastus,hours,1\nlb,Rule,,*,hours,3\n")},
		"2026-02-01/a.csv": {Data: []byte(header + "lb,Rule,,eastus,hours,2\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for region, want := range map[string]float64{"eastus": 2, "westus": 3} {
		if got, ok := book.Price("lb", "rule", "", region); !ok || got != want {
			t.Errorf("%s: got %v %v", region, got, ok)
		}
	}
	if _, ok := book.Price("lb", "other", "", "eastus"); ok || book.Date() != "2026-02-01" {
		t.Errorf("a price of nothing, or %s", book.Date())
	}
}

func TestMistakesInSnapshots(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no figure": "lb,Rule,,eastus,hours,much\n", "below zero": "lb,Rule,,eastus,hours,-1\n", "a column less": "lb,Rule,eastus,hours,1\n",
		"not a number": "lb,Rule,,eastus,hours,NaN\n", "no end": "lb,Rule,,eastus,hours,Inf\n", "no end below zero": "lb,Rule,,eastus,hours,-Inf\n",
	} {
		_, err := pricebook.Load(fstest.MapFS{"2026-01-01/a.csv": {Data: []byte(header + text)}})
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(fmt.Sprintf("%+v", err), "a.csv:2") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

const page = `{"Items":[
 {"currencyCode":"USD","retailPrice":0.114,"armRegionName":"westeurope","serviceName":"Virtual Machines","productName":"Virtual Machines F Series","skuName":"F2","armSkuName":"Standard_F2","meterName":"F2","unitOfMeasure":"1 Hour","type":"Consumption"},
 {"currencyCode":"USD","retailPrice":0.206,"armRegionName":"westeurope","serviceName":"Virtual Machines","productName":"Virtual Machines F Series Windows","skuName":"F2","armSkuName":"Standard_F2","meterName":"F2","unitOfMeasure":"1 Hour","type":"Consumption"},
 {"currencyCode":"USD","retailPrice":0.01,"armRegionName":"westeurope","serviceName":"Virtual Machines","productName":"Virtual Machines F Series","skuName":"F2 Spot","armSkuName":"Standard_F2","meterName":"F2 Spot","unitOfMeasure":"1 Hour","type":"Consumption"},
 {"currencyCode":"USD","retailPrice":500,"armRegionName":"westeurope","serviceName":"Virtual Machines","productName":"Virtual Machines F Series","skuName":"F2","armSkuName":"Standard_F2","meterName":"F2","unitOfMeasure":"1 Hour","type":"Reservation","reservationTerm":"1 Year"},
 {"currencyCode":"USD","tierMinimumUnits":1000,"retailPrice":0.2,"armRegionName":"Global","serviceName":"Azure DNS","productName":"Azure DNS","skuName":"Public","meterName":"Public Queries","unitOfMeasure":"1M","type":"Consumption"},
 {"currencyCode":"USD","retailPrice":1,"armRegionName":"westeurope","serviceName":"Quantum","productName":"Quantum","skuName":"Q","meterName":"Q","unitOfMeasure":"1","type":"Consumption"}]}`

func TestPagesBecomeASnapshot(t *testing.T) {
	t.Parallel()
	i := pricebook.NewImport()
	if err := i.Page("page.json", strings.NewReader(page)); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := pricebook.Write(&text, i.Entries()); err != nil {
		t.Fatal(err)
	}
	book, err := pricebook.Load(fstest.MapFS{"2026-11-01/azure.csv": {Data: []byte(text.String())}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		service, meter, variant string
		want                    float64
	}{{"virtual_machine", "Standard_F2", "linux", 0.114}, {"virtual_machine", "Standard_F2", "windows", 0.206}, {"dns", "DNS queries (over 1B)", "", 0.2}} {
		if got, ok := book.Price(c.service, c.meter, c.variant, "westeurope"); !ok || got != c.want {
			t.Errorf("%+v: got %v %v", c, got, ok)
		}
	}
	if i.Skipped != 2 || i.Unmapped["Quantum"] != 1 || i.Items != 6 {
		t.Errorf("skipped %d, unmapped %v of %d", i.Skipped, i.Unmapped, i.Items)
	}
	if err := i.Page("bad.json", strings.NewReader("[]")); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsShippedIsRead(t *testing.T) {
	t.Parallel()
	book, err := pricebook.Load(pricebook.Shipped())
	if err != nil || book.Len() < 20_000 {
		t.Fatalf("%d prices: %v", book.Len(), err)
	}
}

// A chain of pages is whole when the last of them names no other.
func TestAChainOfPages(t *testing.T) {
	t.Parallel()
	i := pricebook.NewImport()
	for n, c := range []struct{ page, next string }{
		{`{"Items":[],"NextPageLink":"https://prices.azure.com/?$skip=1000"}`, "https://prices.azure.com/?$skip=1000"},
		{`{"Items":[],"NextPageLink":null}`, ""},
	} {
		if err := i.Page("page.json", strings.NewReader(c.page)); err != nil || i.Next != c.next {
			t.Errorf("page %d: next %q, %v", n, i.Next, err)
		}
	}
	for name, page := range map[string]string{
		"below zero": `{"Items":[{"retailPrice":-1,"currencyCode":"USD","type":"Consumption"}]}`, "text": `{"Items":[{"retailPrice":"much"}]}`, "nothing": `{"Items":[{"currencyCode":"USD","type":"Consumption"}]}`, "half": `{"Items":[`,
	} {
		if err := i.Page("page.json", strings.NewReader(page)); !kernel.Is(err, kernel.Invalid) || !strings.Contains(fmt.Sprintf("%+v", err), "page.json") {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := i.Page("page.json", strings.NewReader("{\"Items\":[{\"retailPrice\":1},\n {\"retailPrice\":\"much\"}]}"))
	if e, ok := errors.AsType[*kernel.Error](err); !ok || len(e.Problems) != 1 || e.Problems[0].Line != 2 || e.Problems[0].Path != "Items.retailPrice" {
		t.Errorf("%+v", err)
	}
}

// The meters of the retail price API, by what the book calls them.
func TestMetersOfTheAPIAreThoseOfTheBook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		serviceName, product, sku, meterName string
		tier, retail                         float64
		region                               string
		service, meter                       string
		want                                 float64
	}{
		{"Virtual Network", "Virtual Network Private Link", "Standard", "Standard Private Endpoint", 0, 0.01, "Global", "private_endpoint", "Private endpoint", 0.01},
		{"Virtual Network", "Virtual Network Private Link", "Standard", "Standard Data Processed - Egress", 1048576, 0.006, "Global", "private_endpoint", "Outbound data processed (next 4PB)", 0.006},
		{"Application Gateway", "Application Gateway WAF v2", "Standard", "Standard Fixed Cost", 0, 0.443, "westeurope", "application_gateway", "Gateway usage (WAF v2)", 0.443},
		{"API Management", "API Management", "Premium v2", "Premium v2 Unit", 0, 3.8, "westeurope", "api_management", "API management (premiumv2)", 3.8 * 730},
		{"API Management", "API Management", "Gateway", "Gateway Unit", 0, 0.342, "westeurope", "api_management", "Self hosted gateway", 0.342 * 730},
		{"Redis Cache", "Azure Managed Redis - Memory Optimized", "M10", "M10 Cache Instance", 0, 0.216, "westeurope", "managed_redis", "Cache usage (MemoryOptimized_M10)", 0.216},
		{"Event Hubs", "Event Hubs", "Premium", "Premium Processing Unit", 0, 1.027, "westeurope", "eventhub_namespace", "Capacity (Premium)", 1.027 * 730},
		{"Azure Monitor", "Azure Monitor", "Alerts", "Alerts Metric Monitored", 10, 0.1, "westeurope", "monitor_metric_alert", "Metrics monitoring", 0.1},
		{"Azure Database for MySQL", "Azure Database for MySQL Flexible Server General Purpose Dadsv5 Series Compute", "8 vCore", "vCore", 0, 0.78, "westeurope", "mysql_flexible_server", "Compute (GP_Standard_D8ads_v5)", 0.78},
		{"Azure Database for MySQL", "Azure Database for MySQL Flexible Server Burstable BS Series Compute", "B1MS", "B1MS", 0, 0.022, "westeurope", "mysql_flexible_server", "Compute (B_Standard_B1ms)", 0.022},
		{"Azure Database for PostgreSQL", "Azure Database for PostgreSQL Flexible Server Memory Optimized Edsv4 Series Compute", "4 vCore", "vCore", 0, 0.5, "westeurope", "postgresql_flexible_server", "Compute (MO_Standard_E4ds_v4)", 0.5},
		{"Azure Database for MySQL", "Azure Database for MySQL Flexible Server Storage", "Storage", "Storage Data Stored", 0, 0.138, "westeurope", "mysql_flexible_server", "Storage", 0.138},
	} {
		text, _ := json.Marshal(map[string]any{"Items": []map[string]any{{
			"currencyCode": "USD", "tierMinimumUnits": c.tier, "retailPrice": c.retail, "armRegionName": c.region, "serviceName": c.serviceName,
			"productName": c.product, "skuName": c.sku, "meterName": c.meterName, "type": "Consumption",
		}}})
		i := pricebook.NewImport()
		if err := i.Page("page.json", bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := pricebook.Write(&out, i.Entries()); err != nil {
			t.Fatal(err)
		}
		book, err := pricebook.Load(fstest.MapFS{"2026-11-01/azure.csv": {Data: []byte(out.String())}})
		if err != nil {
			t.Errorf("%s: %v, unmapped %v", c.meterName, err, i.Unmapped)
			continue
		}
		if got, ok := book.Price(c.service, c.meter, "", "westeurope"); !ok || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: got %v %v, want %v of %s", c.meterName, got, ok, c.want, out.String())
		}
	}
}
