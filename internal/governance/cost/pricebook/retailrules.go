package pricebook

import (
	"regexp"
	"strings"
)

// retailRule turns meters of Azure into meters of the book.
type retailRule struct {
	serviceName             string
	product, meterName      *regexp.Regexp
	tier                    float64
	service, meter, variant string
	unit                    string
	// per is how many of the book's units Azure's unit is.
	per float64
	// name makes the meter of an item where a template cannot, "" where the item is none of it.
	name func(it item) string
}

func (r retailRule) entry(it item) (Entry, bool) {
	if it.ServiceName != r.serviceName || it.Tier != r.tier || !r.product.MatchString(it.ProductName) {
		return Entry{}, false
	}
	found := r.meterName.FindStringSubmatchIndex(it.MeterName)
	if found == nil {
		return Entry{}, false
	}
	region := it.Region
	if region == "" || strings.EqualFold(region, "global") {
		region = everywhere
	}
	expand := func(t string) string {
		t = strings.ReplaceAll(strings.ReplaceAll(t, "{armsku}", it.ArmSku), "{sku}", it.SkuName)
		return string(r.meterName.ExpandString(nil, t, it.MeterName, found))
	}
	e := Entry{Service: r.service, Meter: expand(r.meter), Variant: expand(r.variant), Region: region, Unit: r.unit, USD: *it.Retail / r.per}
	if r.name != nil {
		e.Meter = r.name(it)
	}
	return e, e.Meter != ""
}

// retailRules are the meters that descriptions ask for and the API names.
func retailRules() []retailRule {
	rule := func(serviceName, product, meterName string, tier float64, service, meter, variant, unit string, per float64) retailRule {
		return retailRule{
			serviceName: serviceName, product: regexp.MustCompile(product), meterName: regexp.MustCompile(meterName), tier: tier,
			service: service, meter: meter, variant: variant, unit: unit, per: per,
		}
	}
	return append([]retailRule{
		rule("Virtual Machines", `Series Windows$|Series Windows `, `^[^/]*$`, 0, "virtual_machine", "{armsku}", "windows", "hours", 1),
		rule("Virtual Machines", `Series( Linux| Basic)?$`, `^[^/]*$`, 0, "virtual_machine", "{armsku}", "linux", "hours", 1),
		rule("Storage", `Managed Disks$`, `^([PES]\d+) (LRS|ZRS) Disks?$`, 0, "managed_disk", "$1", "$2", "months", 1),
		rule("Storage", `^Standard HDD Managed Disks$`, `Disk Operations$`, 0, "managed_disk", "Disk operations", "standard", "10k operations", 1),
		rule("Storage", `^Standard SSD Managed Disks$`, `Disk Operations$`, 0, "managed_disk", "Disk operations", "standardssd", "10k operations", 1),
		rule("Virtual Network", `^IP Addresses$`, `^Standard IPv4 Static Public IP$`, 0, "public_ip", "IP address (static, regional)", "standard", "hours", 1),
		rule("Virtual Network", `^IP Addresses$`, `^Basic IPv4 Static Public IP$`, 0, "public_ip", "IP address (static, regional)", "basic", "hours", 1),
		rule("Virtual Network", `^IP Addresses$`, `^Basic IPv4 Dynamic Public IP$`, 0, "public_ip", "IP address (dynamic, regional)", "", "hours", 1),
		rule("NAT Gateway", `.*`, `^Standard Gateway$`, 0, "nat_gateway", "NAT gateway", "", "hours", 1),
		rule("NAT Gateway", `.*`, `^Standard Data Processed$`, 0, "nat_gateway", "Data processed", "", "GB", 1),
		rule("Azure DNS", `.*`, `^Private Queries$`, 0, "private_dns", "DNS queries (first 1B)", "", "1M queries", 1),
		rule("Azure DNS", `.*`, `^Private Queries$`, 1000, "private_dns", "DNS queries (over 1B)", "", "1M queries", 1),
		rule("Azure DNS", `.*`, `^Public Queries$`, 0, "dns", "DNS queries (first 1B)", "", "1M queries", 1),
		rule("Azure DNS", `.*`, `^Public Queries$`, 1000, "dns", "DNS queries (over 1B)", "", "1M queries", 1),
		rule("Azure DNS", `.*`, `^Private Zone$`, 0, "private_dns_zone", "Hosted zone", "", "months", 1),
		rule("Azure DNS", `.*`, `^Public Zone$`, 0, "dns_zone", "Hosted zone", "", "months", 1),
		rule("Azure Kubernetes Service", `.*`, `^Standard Uptime SLA$`, 0, "kubernetes_cluster", "Uptime SLA", "", "hours", 1),
		rule("Container Registry", `.*`, `^(Basic|Standard|Premium) Registry Unit$`, 0, "container_registry", "Registry usage ($1)", "", "days", 1),
		rule("Azure App Service", `^Azure App Service .* - Linux$`, `^(\w+) App$`, 0, "service_plan", "$1", "linux", "hours", 1),
		rule("Azure App Service", `^Azure App Service .* Plan$`, `^(\w+) App$`, 0, "service_plan", "$1", "windows", "hours", 1),
		rule("Azure Bastion", `.*`, `^Basic Gateway$`, 0, "bastion_host", "Bastion host", "", "hours", 1),
		rule("Log Analytics", `.*`, `^Pay-as-you-go Data Ingestion$`, 5, "log_analytics_workspace", "Log data ingestion", "", "GB", 1),
	}, more(rule)...)
}
