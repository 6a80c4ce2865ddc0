package azure

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func dns() map[string]cost.Model {
	models := map[string]cost.Model{
		"azurerm_dns_zone": zone, "azurerm_private_dns_zone": zone,
		"azurerm_private_dns_resolver_inbound_endpoint":       months("Inbound endpoint"),
		"azurerm_private_dns_resolver_outbound_endpoint":      months("Outbound endpoint"),
		"azurerm_private_dns_resolver_dns_forwarding_ruleset": months("Forwarding ruleset"),
	}
	for _, kind := range []string{"a", "aaaa", "caa", "cname", "mx", "ns", "ptr", "srv", "txt"} {
		models["azurerm_dns_"+kind+"_record"] = records("dns")
		models["azurerm_private_dns_"+kind+"_record"] = records("private_dns")
	}
	return models
}

// months describes what costs so much a month, whatever it is used for.
func months(name string) cost.Model {
	return func(r *cost.Reading) { r.Monthly(name, "months", 1) }
}

func zone(r *cost.Reading) {
	r.Add(cost.Part{Name: "Hosted zone", Unit: "months", Quantity: cost.Quantity(1), Variant: dnsZone(r.Region())})
}

// dnsZone is the billing zone of DNS: German regions cost more.
func dnsZone(region string) string {
	if strings.HasPrefix(region, "germany") {
		return "germany"
	}
	return ""
}

func records(service string) cost.Model {
	return func(r *cost.Reading) {
		r.Tiered(cost.Part{Service: service, Unit: "1M queries", Quantity: r.Told("monthly_queries", 1e6), Usage: true},
			cost.Tier{Name: "DNS queries (first 1B)", Size: 1000}, cost.Tier{Name: "DNS queries (over 1B)"})
	}
}
