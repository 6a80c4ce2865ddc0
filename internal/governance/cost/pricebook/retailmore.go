package pricebook

import (
	"regexp"
	"strings"
)

// hourly is how much of a unit for a month an hour is.
const hourly = 1.0 / 730

// ruler makes a rule of what an item is called, and what the book calls it.
type ruler func(serviceName, product, meterName string, tier float64, service, meter, variant, unit string, per float64) retailRule

// more are the meters of gateways, endpoints, messages, alerts and databases.
func more(rule ruler) []retailRule {
	out := []retailRule{
		rule("Virtual Network", `Private Link$`, `^Standard Private Endpoint$`, 0, "private_endpoint", "Private endpoint", "", "hour", 1),
		rule("Application Gateway", `^Application Gateway WAF v2$`, `Fixed Cost$`, 0, "application_gateway", "Gateway usage (WAF v2)", "", "hours", 1),
		rule("Application Gateway", `^Application Gateway Standard v2$`, `Fixed Cost$`, 0, "application_gateway", "Gateway usage (basic v2)", "", "hours", 1),
		rule("Application Gateway", `^Application Gateway WAF v2$`, `Capacity Units$`, 0, "application_gateway", "V2 capacity units (WAF)", "", "CU", 1),
		rule("Application Gateway", `^Application Gateway Standard v2$`, `Capacity Units$`, 0, "application_gateway", "V2 capacity units (basic)", "", "CU", 1),
		rule("Event Hubs", `.*`, `^(Basic|Standard) Throughput Unit$`, 0, "eventhub_namespace", "Capacity ($1)", "", "throughput units", hourly),
		rule("Event Hubs", `.*`, `^Premium Processing Unit$`, 0, "eventhub_namespace", "Capacity (Premium)", "", "processing units", hourly),
		rule("Event Hubs", `.*`, `^(?:Premium )?Extended Retention$`, 0, "eventhub_namespace", "Extended retention", "", "GB", 1),
		rule("Azure Monitor", `.*`, `^Alerts Metric Monitored$`, 10, "monitor_metric_alert", "Metrics monitoring", "", "time-series", 1),
		rule("Azure Monitor", `.*`, `^Alerts Dynamic Threshold$`, 0, "monitor_metric_alert", "Dynamic threshold monitoring", "", "time-series", 1),
		rule("Azure Database for MySQL", `Flexible Server Storage$`, `^Storage Data Stored$`, 0, "mysql_flexible_server", "Storage", "", "GB", 1),
		rule("Azure Database for MySQL", `Flexible Server Backup Storage$`, `^Backup Storage Data Stored$`, 0, "mysql_flexible_server", "Additional backup storage", "", "GB", 1),
		rule("Azure Database for PostgreSQL", `Flexible Server Storage$`, `^Storage Data Stored$`, 0, "postgresql_flexible_server", "Storage", "", "GB", 1),
	}
	out = append(out, linkTiers(rule)...)
	return append(out,
		called(rule("API Management", `.*`, `(?i)^\w+( v2)? unit$`, 0, "api_management", "", "", "units", hourly), apiManagement),
		called(rule("Redis Cache", `^Azure Managed Redis - `, `Cache Instance$`, 0, "managed_redis", "", "", "hours", 1), managedRedis),
		called(rule("Azure Database for MySQL", `Flexible Server .*Compute$`, `vCore$|^B\w+$`, 0, "mysql_flexible_server", "", "", "hours", 1), flexibleServer),
		called(rule("Azure Database for PostgreSQL", `Flexible Server .*Compute$`, `vCore$|^B\w+$`, 0, "postgresql_flexible_server", "", "", "hours", 1), flexibleServer),
	)
}

func called(r retailRule, name func(item) string) retailRule {
	r.name = name
	return r
}

// linkTiers are the steps of what private endpoints process, in GB.
func linkTiers(rule ruler) (out []retailRule) {
	for _, way := range []struct{ meter, ours string }{{"Ingress", "Inbound"}, {"Egress", "Outbound"}} {
		for _, step := range []struct {
			from []float64
			name string
		}{{[]float64{0}, "first 1PB"}, {[]float64{1_000_000, 1_048_576}, "next 4PB"}, {[]float64{5_000_000, 5_242_880}, "over 5PB"}} {
			for _, from := range step.from {
				out = append(out, rule("Virtual Network", `Private Link$`, `^Standard Data Processed - `+way.meter+`$`, from,
					"private_endpoint", way.ours+" data processed ("+step.name+")", "", "GB", 1))
			}
		}
	}
	return out
}

// apiManagement is the meter of a tier: premiumv2 for Premium v2.
func apiManagement(it item) string {
	tier, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(it.MeterName, " ", "")), "unit")
	if tier == "gateway" {
		return "Self hosted gateway"
	}
	return "API management (" + tier + ")"
}

// managedRedis is the meter of an instance: Cache usage (Balanced_B20).
func managedRedis(it item) string {
	_, family, _ := strings.Cut(it.ProductName, " - ")
	return "Cache usage (" + strings.ReplaceAll(family, " ", "") + "_" + it.SkuName + ")"
}

// flexibleServer is the meter of a flexible server's size, as its resource names it:
// Compute (GP_Standard_D8ads_v5).
func flexibleServer(it item) string {
	if strings.Contains(it.ProductName, "Burstable") {
		return "Compute (B_Standard_" + it.SkuName + ")"
	}
	series := regexp.MustCompile(`(General Purpose|Memory Optimized|Business Critical)[ -]+([DE])(\w*?)(v\d+) Series`).FindStringSubmatch(it.ProductName)
	cores := regexp.MustCompile(`^(\d+) vCore$`).FindStringSubmatch(it.SkuName)
	if series == nil || cores == nil {
		return ""
	}
	tier := map[string]string{"General Purpose": "GP"}[series[1]]
	if tier == "" {
		tier = "MO"
	}
	return "Compute (" + tier + "_Standard_" + series[2] + cores[1] + strings.ToLower(series[3]) + "_" + series[4] + ")"
}
