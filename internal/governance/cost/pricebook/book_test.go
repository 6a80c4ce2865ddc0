package pricebook_test

import (
	"errors"
	"fmt"
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
