package pricebook

import (
	"regexp"
	"slices"
	"strings"
)

// retailRule turns meters of Azure into meters of the book. An empty expression
// matches everything.
type retailRule struct {
	serviceName         string
	product, sku, meter *regexp.Regexp
	// from is where the price's step begins, in Azure's units.
	from []float64
	// into are the book's services that have the price.
	into []string
	// name and variant may have what the expression of the meter caught ($1), {armsku},
	// {sku}, {region}, and what of the sku {redundancy} and {blob} are.
	name, variant string
	// unit is the book's; Azure's is turned into it.
	unit string
	// named names the book's meters of an item where a template cannot.
	named func(it item) []named
}

// named is a meter of the book, and how many of Azure's meter it is.
type named struct {
	meter  string
	factor float64
}

// rule begins one; in and steps add to it.
func rule(serviceName, product, sku, meter, into, name, unit string) retailRule {
	return retailRule{
		serviceName: serviceName, product: expression(product), sku: expression(sku), meter: expression(meter),
		from: []float64{0}, into: strings.Split(into, " "), name: name, unit: unit,
	}
}

func expression(text string) *regexp.Regexp { return regexp.MustCompile(text) }

// as is the rule for a variant.
func (r retailRule) as(variant string) retailRule {
	r.variant = variant
	return r
}

// beginning is the rule for a step of a price.
func (r retailRule) beginning(from ...float64) retailRule {
	r.from = from
	return r
}

// called is the rule with names that are computed.
func (r retailRule) called(f func(it item) []named) retailRule {
	r.named = f
	return r
}

// entries are the book's prices of an item, none where the rule is not about it.
func (r retailRule) entries(it item) []Entry {
	if it.ServiceName != r.serviceName || !slices.Contains(r.from, it.Tier) || !r.product.MatchString(it.ProductName) || !r.sku.MatchString(it.SkuName) {
		return nil
	}
	found := r.meter.FindStringSubmatchIndex(it.MeterName)
	region, inRegion := regionOf(it)
	factor, sameUnit := factorOf(it.Unit, r.unit)
	if found == nil || !inRegion || !sameUnit {
		return nil
	}
	redundancy, blob := ofSku(it.SkuName)
	words := strings.NewReplacer("{armsku}", it.ArmSku, "{sku}", it.SkuName, "{region}", region, "{redundancy}", redundancy, "{blob}", blob)
	expand := func(t string) string {
		t = words.Replace(t)
		return string(r.meter.ExpandString(nil, t, it.MeterName, found))
	}
	meters := []named{{meter: expand(r.name), factor: 1}}
	if r.named != nil {
		meters = r.named(it)
	}
	var out []Entry
	for _, m := range meters {
		for _, service := range r.into {
			out = append(out, Entry{Service: service, Meter: m.meter, Variant: expand(r.variant), Region: region, Unit: r.unit, USD: *it.Retail * factor * m.factor})
		}
	}
	return out
}

// regionOf is the book's region of an item. What has one price for a zone of billing is
// taken from the first, which the others repeat; clouds of governments have their own.
func regionOf(it item) (string, bool) {
	region := it.Region
	if region == "" {
		region = it.Location
	}
	switch {
	case region == "" || strings.EqualFold(region, "global") || region == "Zone 1":
		return everywhere, true
	case strings.Contains(region, " "):
		return "", false
	}
	return region, true
}

// retailRules are the meters that descriptions ask for and the API names.
func retailRules() []retailRule {
	var out []retailRule
	for _, family := range [][]retailRule{
		machineMeters(), diskMeters(), blobMeters(), shareMeters(), queueMeters(), planMeters(), containerMeters(),
		networkMeters(), linkMeters(), nameMeters(), gatewayMeters(),
		databaseMeters(), cosmosMeters(), cacheMeters(),
		messageMeters(), logMeters(), alertMeters(), vaultMeters(),
	} {
		out = append(out, family...)
	}
	return out
}
