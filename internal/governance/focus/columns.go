package focus

import (
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The columns that are read.
const (
	colBilled       = "BilledCost"
	colEffective    = "EffectiveCost"
	colList         = "ListCost"
	colAccount      = "BillingAccountId"
	colCurrency     = "BillingCurrency"
	colPeriodStart  = "BillingPeriodStart"
	colPeriodEnd    = "BillingPeriodEnd"
	colCategory     = "ChargeCategory"
	colChargeStart  = "ChargePeriodStart"
	colChargeEnd    = "ChargePeriodEnd"
	colProvider     = "ProviderName"
	colService      = "ServiceName"
	colKind         = "ServiceCategory"
	colSubAccount   = "SubAccountId"
	colResource     = "ResourceId"
	colResourceName = "ResourceName"
	colTags         = "Tags"
	colAllocated    = "AllocatedTags"
)

// provider13 is ProviderName since FOCUS 1.3.
const provider13 = "ServiceProviderName"

// needed are the columns without which nothing can be told.
func needed() []string {
	return []string{colBilled, colEffective, colAccount, colCurrency, colPeriodStart, colPeriodEnd, colCategory, colChargeStart, colChargeEnd, colProvider, colService}
}

// mandatory are the columns that FOCUS 1.2 demands of every file.
func mandatory() []string {
	return []string{
		colBilled, colAccount, "BillingAccountName", colCurrency, colPeriodEnd, colPeriodStart, colCategory, "ChargeClass", "ChargeDescription",
		colChargeEnd, colChargeStart, "ContractedCost", colEffective, "InvoiceIssuerName", colList, "PricingQuantity", "PricingUnit", colProvider, "PublisherName", colKind, colService,
	}
}

// The versions of FOCUS are told by columns that came with them.
func marks() []struct {
	version string
	columns []string
} {
	return []struct {
		version string
		columns []string
	}{
		{"1.3", []string{provider13, "HostProviderName", colAllocated, "AllocatedResourceId", "ContractApplied"}},
		{"1.2", []string{"InvoiceId", "PricingCurrency", "BillingAccountType", "SubAccountType"}},
		{"1.1", []string{"ServiceSubcategory", "SkuMeter", "SkuPriceDetails", "CapacityReservationId"}},
	}
}

// layout says where a file has its columns.
type layout struct {
	version string
	width   int
	at      map[string]int
	names   []string
	// missing are mandatory columns that the file does not have.
	missing []string
}

// read returns the value of a column, "" where the row has none.
func (l layout) read(row []string, column string) string {
	i, ok := l.at[column]
	if !ok || i >= len(row) || row[i] == "NULL" || row[i] == "null" {
		return ""
	}
	return row[i]
}

// layoutOf reads a header. A file of FOCUS 1.0, 1.1 and 1.3 differs in columns that
// are not read, and in the provider's name.
func layoutOf(header []string) (layout, []kernel.Problem) {
	l := layout{version: "1.0", width: len(header), at: map[string]int{}, names: slices.Clone(header)}
	for i, name := range header {
		name = strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))
		l.names[i] = name
		if _, twice := l.at[name]; !twice {
			l.at[name] = i
		}
	}
	if i, ok := l.at[provider13]; ok {
		l.at[colProvider] = i
	}
	for _, m := range slices.Backward(marks()) {
		if slices.ContainsFunc(m.columns, func(c string) bool { _, ok := l.at[c]; return ok }) {
			l.version = m.version
		}
	}
	var problems []kernel.Problem
	for _, c := range mandatory() {
		if _, ok := l.at[c]; ok || (l.version == "1.3" && c == "PublisherName") {
			continue
		}
		name := c
		if c == colProvider && l.version == "1.3" {
			name = provider13
		}
		l.missing = append(l.missing, name)
		if slices.Contains(needed(), c) {
			problems = append(problems, kernel.Problem{
				Line: 1, Column: 1, Path: name, Message: "the file has no column " + name, Fix: "export it in the FOCUS format, version 1.0 to 1.3, with every mandatory column",
			})
		}
	}
	return l, problems
}
