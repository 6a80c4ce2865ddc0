package pricebook

// networkMeters are addresses, balancers, gateways to the outside and their logs.
func networkMeters() []retailRule {
	const addresses, balancer = "^IP Addresses$", "^Load Balancer$"
	return []retailRule{
		rule("Virtual Network", addresses, "", `^Standard IPv4 Static Public IP$`, "public_ip", "IP address (static, regional)", "hours").as("standard"),
		rule("Virtual Network", addresses, "", `^Basic IPv4 Static Public IP$`, "public_ip", "IP address (static, regional)", "hours").as("basic"),
		rule("Virtual Network", addresses, "", `^Basic IPv4 Dynamic Public IP$`, "public_ip", "IP address (dynamic, regional)", "hours"),
		rule("Virtual Network", addresses, "", `^Global IPv4 Static Public IP$`, "public_ip", "IP address (static, global)", "hours"),
		rule("Virtual Network", "^Public IP Prefix$", "", `(?i)Static IP Addresses`, "public_ip_prefix", "IP prefix", "hours"),
		rule("Virtual Network", "", "", `^Intra-Region Egress$`, "virtual_network_peering", "Outbound data transfer", "GB").as("local"),
		rule("Virtual Network", "", "", `^Intra-Region Ingress$`, "virtual_network_peering", "Inbound data transfer", "GB").as("local"),
		rule("Load Balancer", balancer, "^Standard$", `^Standard Data Processed$`, "lb kubernetes_cluster", "Data processed", "GB"),
		rule("Load Balancer", balancer, "^Standard$", `^Standard Overage LB Rules and Outbound Rules$`, "lb_rule lb_outbound_rule", "Rule usage", "hours"),
		rule("NAT Gateway", "^NAT Gateway$", "", `^Standard Gateway$`, "nat_gateway", "NAT gateway", "hours"),
		rule("NAT Gateway", "^NAT Gateway$", "", `^Standard Data Processed$`, "nat_gateway", "Data processed", "GB"),
		rule("Azure Bastion", "", "^Basic$", `^Basic Gateway$`, "bastion_host", "Bastion host", "hours"),
		rule("Azure Bastion", "", "^(Standard|Premium)$", `^(Standard|Premium) Gateway$`, "bastion_host", "Bastion host", "hours").as("$1"),
		rule("Azure Bastion", "", "^(Standard|Premium)$", `^(Standard|Premium) Additional Gateway$`, "bastion_host", "Scale units", "hours").as("$1"),
		rule("Network Watcher", "", "", `^Standard Network Logs Collected$`, "network_watcher_flow_log", "Network logs collected (over 5GB)", "GB").beginning(5),
		rule("Network Watcher", "", "", `^Standard Traffic Analytics Processing$`, "network_watcher_flow_log", "Traffic Analytics data processed (60 min interval)", "GB"),
		rule("Network Watcher", "", "", `^Standard Traffic Analytics Processing at 10-Minute Interval$`, "network_watcher_flow_log", "Traffic Analytics data processed (10 min interval)", "GB"),
		rule("Network Watcher", "", "", `^Standard Diagnostic Tool API$`, "network_watcher", "checks", "checks").beginning(1000),
	}
}

// linkMeters are private endpoints, with the steps of what they process.
func linkMeters() []retailRule {
	const link = "^Virtual Network Private Link$"
	out := []retailRule{rule("Virtual Network", link, "", `^Standard Private Endpoint$`, "private_endpoint", "Private endpoint", "hour")}
	for _, way := range []struct{ azures, ours string }{{"Ingress", "Inbound"}, {"Egress", "Outbound"}} {
		for _, step := range []struct {
			from []float64
			name string
		}{{[]float64{0}, "first 1PB"}, {[]float64{1_000_000, 1_048_576}, "next 4PB"}, {[]float64{5_000_000, 5_242_880}, "over 5PB"}} {
			out = append(out, rule("Virtual Network", link, "", `^Standard Data Processed - `+way.azures+`$`,
				"private_endpoint", way.ours+" data processed ("+step.name+")", "GB").beginning(step.from...))
		}
	}
	return out
}

// nameMeters are zones of names, queries and resolvers.
func nameMeters() []retailRule {
	return []retailRule{
		rule("Azure DNS", "", "^Private$", `^Private Zones?$`, "private_dns_zone", "Hosted zone", "months"),
		rule("Azure DNS", "", "^Public$", `^Public Zones?$`, "dns_zone", "Hosted zone", "months"),
		rule("Azure DNS", "", "^Private$", `^Private Queries$`, "private_dns", "DNS queries (first 1B)", "1M queries"),
		rule("Azure DNS", "", "^Private$", `^Private Queries$`, "private_dns", "DNS queries (over 1B)", "1M queries").beginning(1000),
		rule("Azure DNS", "", "^Public$", `^Public Queries$`, "dns", "DNS queries (first 1B)", "1M queries"),
		rule("Azure DNS", "", "^Public$", `^Public Queries$`, "dns", "DNS queries (over 1B)", "1M queries").beginning(1000),
		rule("Azure DNS", "", "^Private Resolver$", `Inbound Endpoint$`, "private_dns_resolver_inbound_endpoint", "Inbound endpoint", "months"),
		rule("Azure DNS", "", "^Private Resolver$", `Outbound Endpoint$`, "private_dns_resolver_outbound_endpoint", "Outbound endpoint", "months"),
		rule("Azure DNS", "", "^Private Resolver$", `DNS Forwarding Ruleset$`, "private_dns_resolver_dns_forwarding_ruleset", "Forwarding ruleset", "months"),
	}
}

// gatewayMeters are what stands before applications.
func gatewayMeters() []retailRule {
	const gateway, firewall = "Application Gateway", "Azure Firewall"
	return []retailRule{
		rule(gateway, `^Application Gateway WAF v2$`, "", `Fixed Cost$`, "application_gateway", "Gateway usage (WAF v2)", "hours"),
		rule(gateway, `^Application Gateway Standard v2$`, "", `Fixed Cost$`, "application_gateway", "Gateway usage (basic v2)", "hours"),
		rule(gateway, `^Application Gateway WAF v2$`, "", `Capacity Units$`, "application_gateway", "V2 capacity units (WAF)", "CU"),
		rule(gateway, `^Application Gateway Standard v2$`, "", `Capacity Units$`, "application_gateway", "V2 capacity units (basic)", "CU"),
		rule(gateway, `^Basic Application Gateway$`, "^Small$", `^Small Gateway$`, "application_gateway", "Gateway usage (basic, small)", "hours"),
		rule(gateway, `^Basic Application Gateway$`, "^Medium$", `^Medium Gateway$`, "application_gateway", "Gateway usage (basic, medium)", "hours"),
		rule(gateway, `^Basic Application Gateway$`, "^Large$", `^Large Gateway$`, "application_gateway", "Gateway usage (basic, large)", "hours"),
		rule(gateway, `^WAF Application Gateway$`, "^Medium$", `^Medium Gateway$`, "application_gateway", "Gateway usage (WAF, medium)", "hours"),
		rule(gateway, `^WAF Application Gateway$`, "^Large$", `^Large Gateway$`, "application_gateway", "Gateway usage (WAF, large)", "hours"),
		rule(firewall, "", "^(Standard|Premium)$", `^(Standard|Premium) Deployment$`, "firewall", "Deployment ($1)", "hours"),
		rule(firewall, "", "^Premium Secured Virtual Hub$", `Deployment$`, "firewall", "Deployment (Premium Secured Virtual Hub)", "hours"),
		rule(firewall, "", "^Standard Secured Virtual Hub$", `Deployment$`, "firewall", "Deployment (Standard Secure Virtual Hub)", "hours"),
		rule("API Management", "^API Management$", "", `(?i)^(developer|basic|standard|premium|basic v2|standard v2|premium v2|gateway) unit$`, "api_management", "", "units").called(apiManagement),
		rule("API Management", "^API Management$", "^Consumption$", `^Consumption Calls$`, "api_management", "API management (consumption)", "1M calls").beginning(100),
	}
}
