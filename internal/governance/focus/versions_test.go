package focus_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// ever are columns that every version demands.
func ever() []string {
	return []string{
		"BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass",
		"ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity",
		"PricingUnit", "ServiceCategory", "ServiceName", "ResourceId", "ResourceName", "SubAccountId", "Tags",
	}
}

// values are what a row of any version has.
func values() map[string]string {
	return map[string]string{
		"BilledCost": "1.5", "BillingAccountId": "acc-1", "BillingCurrency": "EUR", "BillingPeriodEnd": "2026-11-01T00:00:00Z", "BillingPeriodStart": "2026-10-01T00:00:00Z",
		"ChargeCategory": "Usage", "ChargeClass": "NULL", "ChargePeriodEnd": "2026-10-06T00:00:00Z", "ChargePeriodStart": "2026-10-05T00:00:00Z", "EffectiveCost": "1.25",
		"ListCost": "2", "ProviderName": "Azure", "PublisherName": "Microsoft", "ServiceProviderName": "Azure", "HostProviderName": "Azure", "ServiceName": "Virtual Machines",
		"ServiceCategory": "Compute", "ResourceId": "vm-1", "ResourceName": "NULL", "SubAccountId": "sub-1", "Tags": `{"project": "shop", "env": "dev"}`,
		"AllocatedTags": `{"env": "prod", "pod": "web"}`, "InvoiceId": "inv-1", "PricingCurrency": "USD", "SkuMeter": "vCPU",
	}
}

func written(columns []string, values map[string]string) string {
	var fields []string
	for _, c := range columns {
		fields = append(fields, `"`+strings.ReplaceAll(values[c], `"`, `""`)+`"`)
	}
	return strings.Join(fields, ",") + "\n"
}

// versions are the columns of each version of FOCUS that tell it from the others.
func versions() map[string][]string {
	return map[string][]string{
		"1.0": append(ever(), "ProviderName", "PublisherName", "RegionId"),
		"1.1": append(ever(), "ProviderName", "PublisherName", "ServiceSubcategory", "SkuMeter", "SkuPriceDetails", "CapacityReservationId"),
		"1.2": append(ever(), "ProviderName", "PublisherName", "SkuMeter", "InvoiceId", "PricingCurrency", "BillingAccountType", "SubAccountType"),
		// The provider's column has another name, the publisher's is gone, and shares of
		// split resources have tags of their own.
		"1.3": append(ever(), "ServiceProviderName", "HostProviderName", "InvoiceId", "PricingCurrency", "AllocatedTags", "AllocatedResourceId", "ContractApplied"),
	}
}

func TestEachVersionIsReadByItsColumns(t *testing.T) {
	t.Parallel()
	for version, columns := range versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			slices.Reverse(columns) // their order tells nothing
			r, err := focus.NewReader(strings.NewReader(strings.Join(columns, ",")+"\n"+written(columns, values())), []string{"a.csv"})
			if err != nil {
				t.Fatal(err)
			}
			var c focus.Charge
			if problems, err := r.Next(&c); err != nil || len(problems) != 0 {
				t.Fatalf("%v %v", problems, err)
			}
			tags := `{"env":"dev","project":"shop"}`
			if version == "1.3" {
				tags = `{"env":"prod","pod":"web","project":"shop"}`
			}
			want := focus.Charge{
				Provider: "Azure", Account: "acc-1", Currency: "EUR", Period: "2026-10-01", End: "2026-11-01", Day: "2026-10-05", Category: "Usage",
				Thing: focus.Thing{Provider: "Azure", Service: "Virtual Machines", Category: "Compute", SubAccount: "sub-1", Resource: "vm-1"},
				Tags:  tags, Billed: focus.Amount{Milli: 1500}, Effective: focus.Amount{Milli: 1250}, List: focus.Amount{Milli: 2000},
			}
			if c != want {
				t.Errorf("%+v\nwant %+v", c, want)
			}
			if _, err := r.Next(&c); !errors.Is(err, io.EOF) || !slices.Equal(r.Versions, []string{version}) || len(r.Missing) != 0 {
				t.Errorf("versions %v, missing %v, %v", r.Versions, r.Missing, err)
			}
		})
	}
}

// What a row lacks is told by its place, and by the name that its version has for it.
func TestMistakesOfEachVersionAreToldByTheirColumns(t *testing.T) {
	t.Parallel()
	for version, columns := range versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			provider := "ProviderName"
			if version == "1.3" {
				provider = "ServiceProviderName"
			}
			for column, bad := range map[string]string{"BilledCost": "1,5", "ChargePeriodStart": "yesterday", "ChargeCategory": "Gift", "BillingCurrency": "XXY", "Tags": "shop", provider: ""} {
				row := values()
				row[column] = bad
				r, err := focus.NewReader(strings.NewReader(strings.Join(columns, ",")+"\n"+written(columns, values())+written(columns, row)), []string{"a.csv"})
				if err != nil {
					t.Fatal(err)
				}
				var c focus.Charge
				if problems, err := r.Next(&c); err != nil || len(problems) != 0 {
					t.Fatalf("%v %v", problems, err)
				}
				problems, err := r.Next(&c)
				if err != nil || len(problems) != 1 {
					t.Fatalf("%s: %v %v", column, problems, err)
				}
				if p := problems[0]; p.File != "a.csv" || p.Line != 3 || p.Column != 1+slices.Index(columns, column) || p.Path != column || p.Fix == "" {
					t.Errorf("%s: %+v", column, p)
				}
			}
		})
	}
}

// A file without a column that is needed is refused, by the name of its version.
func TestAColumnThatIsNotThereIsToldByItsName(t *testing.T) {
	t.Parallel()
	for version, column := range map[string]string{"1.0": "ProviderName", "1.2": "BillingCurrency", "1.3": "ServiceProviderName"} {
		columns := slices.DeleteFunc(versions()[version], func(c string) bool { return c == column })
		_, err := focus.NewReader(strings.NewReader(strings.Join(columns, ",")+"\n"), []string{"a.csv"})
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || len(e.Problems) != 1 || e.Problems[0].Path != column {
			t.Errorf("%s: %+v", version, err)
		}
	}
}
