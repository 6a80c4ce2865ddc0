package cost_test

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/azure"
	"github.com/terrace-idp/terrace/internal/governance/cost/planned"
	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
)

func estimator(t testing.TB) *cost.Estimator {
	t.Helper()
	book, err := pricebook.Load(pricebook.Shipped())
	if err != nil {
		t.Fatal(err)
	}
	return cost.NewEstimator(book, azure.NewCatalog())
}

func change(address, actions, before, after string) string {
	typ, _, _ := strings.Cut(address, ".")
	return fmt.Sprintf(`{"address":%q,"mode":"managed","type":%q,"change":{"actions":[%s],"before":%s,"after":%s}}`, address, typ, actions, before, after)
}

func plan(t testing.TB, changes ...string) *planned.Plan {
	t.Helper()
	p, err := planned.Parse("plan.json", []byte(`{"format_version":"1.2","resource_changes":[`+strings.Join(changes, ",")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const create = `"create"`

// binary is a figure with more digits than a price has.
var binary = regexp.MustCompile(`\d\.\d{10}`)

func TestComponents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		address, after, usage string
		component             string
		quantity, monthly     float64
	}{
		"a machine runs all hours of a month": {
			address: "azurerm_linux_virtual_machine.a", after: `{"location":"West Europe","size":"Standard_F2","os_disk":[{"storage_account_type":"Standard_LRS"}]}`,
			component: "Instance usage (Linux, pay as you go, Standard_F2)", quantity: 730, monthly: 83.22,
		},
		"usage tells fewer hours": {
			address: "azurerm_linux_virtual_machine.a", after: `{"location":"westeurope","size":"Standard_F2"}`, usage: "monthly_hrs: 100",
			component: "Instance usage (Linux, pay as you go, Standard_F2)", quantity: 100, monthly: 11.4,
		},
		"a disk is billed by the next size": {
			address: "azurerm_managed_disk.a", after: `{"location":"eastus","storage_account_type":"StandardSSD_LRS","disk_size_gb":600}`,
			component: "Storage (E30, LRS)", quantity: 1, monthly: 76.8,
		},
		"queries are billed in tiers": {
			address: "azurerm_dns_a_record.a", after: `{}`, usage: "monthly_queries: 1_200_000_000",
			component: "DNS queries (over 1B)", quantity: 200, monthly: 40,
		},
		"a premium cache has a node for each shard and copy": {
			address: "azurerm_redis_cache.a", after: `{"location":"eastus","sku_name":"Premium","family":"P","capacity":1,"shard_count":3}`,
			component: "Cache usage (Premium_P1)", quantity: 6, monthly: 1213.26,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(c.address, "dns") {
				c.after = `{"location":"westeurope"}`
			}
			usage, err := cost.ParseUsage("usage.yml", []byte("resource_usage:\n  "+c.address+":\n    "+c.usage+"\n"))
			if c.usage == "" {
				usage, err = nil, nil
			}
			if err != nil {
				t.Fatal(err)
			}
			e, err := estimator(t).Estimate(t.Context(), plan(t, change(c.address, create, "null", c.after)).After, usage)
			if err != nil {
				t.Fatal(err)
			}
			item, ok := e.Item(c.address)
			if !ok {
				t.Fatalf("no estimate: %+v", e)
			}
			if written, err := json.Marshal(e); err != nil || binary.Match(written) {
				t.Errorf("figures have what binary fractions add (%v): %s", err, written)
			}
			for _, got := range item.Components {
				if got.Name == c.component {
					if got.Quantity == nil || got.Monthly == nil || math.Abs(*got.Quantity-c.quantity) > 1e-9 || math.Abs(*got.Monthly-c.monthly) > 0.005 {
						t.Errorf("got %+v of %v", got, *got.Monthly)
					}
					return
				}
			}
			t.Errorf("no component %s in %+v", c.component, item.Components)
		})
	}
}

func TestWhatHasNoPriceIsListedAndNotCounted(t *testing.T) {
	t.Parallel()
	p := plan(t,
		change("azurerm_something_new.a", create, "null", `{"location":"eastus"}`),
		change("azurerm_linux_virtual_machine.b", create, "null", `{"location":"eastus","size":"Standard_Unheard_Of"}`),
		change("azurerm_resource_group.c", create, "null", `{"location":"eastus"}`))
	e, err := estimator(t).Estimate(t.Context(), p.After, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Unpriced) != 2 || e.Complete() || e.Total.Monthly != 0 || e.Free != 1 {
		t.Errorf("unpriced %+v, total %v, free %d", e.Unpriced, e.Total, e.Free)
	}
	for _, u := range e.Unpriced {
		if u.Reason == "" || u.Type == "" {
			t.Errorf("no reason: %+v", u)
		}
	}
}

func TestTheDifferenceToWhatRuns(t *testing.T) {
	t.Parallel()
	small, large := `{"location":"eastus","sku_name":"P1v3","os_type":"Linux"}`, `{"location":"eastus","sku_name":"P2v3","os_type":"Linux"}`
	p := plan(t,
		change("azurerm_service_plan.a", `"update"`, small, large),
		change("azurerm_service_plan.gone", `"delete"`, small, "null"),
		change("azurerm_service_plan.same", `"no-op"`, small, small))
	est := estimator(t)
	after, err := est.Estimate(t.Context(), p.After, nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := est.Estimate(t.Context(), p.Before, nil)
	if err != nil {
		t.Fatal(err)
	}
	after.Against(before)
	if math.Abs(*after.Delta.Monthly) > 0.01 || len(after.Changes) != 2 {
		t.Errorf("delta %v, changes %+v", after.Delta, after.Changes)
	}
	if c := after.Changes[0]; c.Address != "azurerm_service_plan.a" || math.Abs(*c.Delta-113.15) > 0.01 {
		t.Errorf("got %+v", c)
	}
}

// What has no price on one side alone is no saving: the difference is not known, or is
// the least that it can be where that says anything. What has none on both sides, and
// is the same, leaves the difference as it is.
func TestWhatHasNoPriceIsNoSaving(t *testing.T) {
	t.Parallel()
	disk := func(sku, gigabytes string) string {
		return `{"location":"westeurope","storage_account_type":"` + sku + `","disk_size_gb":` + gigabytes + `}`
	}
	priced, larger, dark := disk("Premium_LRS", "128"), disk("Standard_LRS", "512"), disk("StandardSSD_LRS", "2048") // the book has no E40 there
	dearer := change("azurerm_managed_disk.other", `"update"`, priced, larger)
	for name, c := range map[string]struct {
		changes []string
		want    string
		of      string // azurerm_managed_disk.a
	}{
		"after it has none":          {[]string{change("azurerm_managed_disk.a", `"update"`, priced, dark)}, "not known", "not known"},
		"new without one":            {[]string{change("azurerm_managed_disk.a", `"create"`, "null", dark)}, "not known", "not known"},
		"before it had none":         {[]string{change("azurerm_managed_disk.a", `"update"`, dark, priced)}, "not known", "not known"},
		"gone without one":           {[]string{change("azurerm_managed_disk.a", `"delete"`, dark, "null"), dearer}, "not known", "not known"},
		"new beside what costs more": {[]string{change("azurerm_managed_disk.a", `"create"`, "null", dark), dearer}, "at least 2.05", "not known"},
		"unchanged":                  {[]string{change("azurerm_managed_disk.a", `"no-op"`, dark, dark), dearer}, "2.05", ""},
		"changed elsewhere":          {[]string{change("azurerm_managed_disk.a", `"update"`, dark, strings.Replace(dark, "{", `{"tags":{"a":"b"},`, 1)), dearer}, "2.05", ""},
		"unknown, unchanged":         {[]string{change("azurerm_orbit.a", `"no-op"`, "{}", "{}"), dearer}, "2.05", ""},
		"unknown, changed":           {[]string{change("azurerm_orbit.a", `"update"`, "{}", `{"a":1}`), dearer}, "not known", ""},
	} {
		e, err := plan(t, c.changes...).Estimate(t.Context(), estimator(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		write := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
		if got := cost.Say(e.Delta.Monthly, e.Delta.AtLeast, write); got != c.want {
			t.Errorf("%s: the difference is %s, want %s", name, got, c.want)
		}
		i := slices.IndexFunc(e.Changes, func(c cost.Change) bool { return c.Address == "azurerm_managed_disk.a" })
		if got := ""; i >= 0 || c.of != "" {
			if i >= 0 {
				got = cost.Say(e.Changes[i].Delta, e.Changes[i].AtLeast, write)
			}
			if got != c.of {
				t.Errorf("%s: of the disk it is %q, want %q: %+v", name, got, c.of, e.Changes)
			}
		}
		text, err := json.Marshal(e)
		if unknown := strings.Contains(string(text), `"delta":{"monthlyCost":null,"hourlyCost":null}`); err != nil || unknown != (c.want == "not known") {
			t.Errorf("%s: as JSON %s %v", name, text, err)
		}
	}
}

// processor is the time that processors have spent, which other work on the
// machine does not lengthen as it does the clock's.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkThousandResources(b *testing.B) {
	var changes []string
	for i := range 250 {
		changes = append(changes,
			change(fmt.Sprintf("azurerm_linux_virtual_machine.m%d", i), create, "null", `{"location":"eastus","size":"Standard_F2","os_disk":[{"storage_account_type":"Premium_LRS"}]}`),
			change(fmt.Sprintf("azurerm_storage_account.s%d", i), create, "null", `{"location":"westus","account_tier":"Standard","account_replication_type":"LRS"}`),
			change(fmt.Sprintf("azurerm_service_plan.p%d", i), create, "null", `{"location":"eastus","sku_name":"P1v3","os_type":"Linux"}`),
			change(fmt.Sprintf("azurerm_public_ip.i%d", i), create, "null", `{"location":"eastus","allocation_method":"Static","sku":"Standard"}`))
	}
	src := []byte(`{"format_version":"1.2","resource_changes":[` + strings.Join(changes, ",") + `]}`)
	est := estimator(b)
	b.ResetTimer()
	used := processor(b)
	defer func() { b.ReportMetric(float64((processor(b)-used).Microseconds())/1000/float64(b.N), "cpu-ms/op") }()
	for range b.N {
		p, err := planned.Parse("plan.json", src)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := est.Estimate(b.Context(), p.After, nil); err != nil {
			b.Fatal(err)
		}
	}
}
