package azure

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func network() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_public_ip": publicIP, "azurerm_public_ip_prefix": func(r *cost.Reading) { r.Hourly("IP prefix", 1) },
		"azurerm_lb": loadBalancer, "azurerm_lb_rule": lbRule, "azurerm_lb_outbound_rule": lbRule,
		"azurerm_nat_gateway": func(r *cost.Reading) {
			r.Hourly("NAT gateway", 1)
			r.UsedAs("Data processed", "GB", "monthly_data_processed_gb", 1)
		},
		"azurerm_private_endpoint": privateEndpoint, "azurerm_virtual_network_peering": peering,
		"azurerm_network_ddos_protection_plan": ddos, "azurerm_network_watcher": watcher,
		"azurerm_network_watcher_flow_log": flowLog, "azurerm_network_connection_monitor": connectionMonitor,
		"azurerm_bastion_host": bastion,
	}
}

func publicIP(r *cost.Reading) {
	method, tier := r.Low("allocation_method", "static"), "regional"
	sku := r.Low("sku", "basic")
	if sku == "standard" && r.Low("sku_tier", "regional") == "global" {
		tier = "global"
	}
	variant := ""
	if method == "static" && tier == "regional" {
		variant = sku
	}
	p := cost.Part{Name: "IP address (" + method + ", " + tier + ")", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Variant: variant}
	if !r.Priced(p) {
		p.Variant = ""
	}
	r.Add(p)
}

func loadBalancer(r *cost.Reading) {
	if r.Low("sku", "basic") == "basic" {
		return
	}
	r.UsedAs("Data processed", "GB", "monthly_data_processed_gb", 1)
}

// lbRule costs nothing on a basic load balancer.
func lbRule(r *cost.Reading) {
	lb := r.In().Related(r.Resource(), "loadbalancer_id", "azurerm_lb")
	if lb == nil || strings.EqualFold(cost.NewView(lb.Values).Str("sku", "basic"), "basic") {
		return
	}
	r.Hourly("Rule usage", 1)
}

func privateEndpoint(r *cost.Reading) {
	r.Add(cost.Part{Name: "Private endpoint", Unit: "hour", Quantity: cost.Quantity(cost.HoursPerMonth)})
	for _, way := range []string{"Inbound", "Outbound"} {
		r.Tiered(cost.Part{Unit: "GB", Quantity: r.Told("monthly_"+strings.ToLower(way)+"_data_processed_gb", 1), Usage: true},
			cost.Tier{Name: way + " data processed (first 1PB)", Size: 1e6}, cost.Tier{Name: way + " data processed (next 4PB)", Size: 4e6},
			cost.Tier{Name: way + " data processed (over 5PB)"})
	}
}

func peering(r *cost.Reading) {
	from, to := r.Region(), r.Region()
	if v := r.In().Related(r.Resource(), "virtual_network_name", "azurerm_virtual_network"); v != nil {
		from = r.RegionOf(v)
	}
	if v := r.In().Related(r.Resource(), "remote_virtual_network_id", "azurerm_virtual_network"); v != nil {
		to = r.RegionOf(v)
	}
	add := func(way, region string) {
		p := cost.Part{Name: way + " data transfer", Unit: "GB", Quantity: r.Told("monthly_data_transfer_gb", 1), Variant: "global", Region: region, Usage: true}
		if from == to {
			p.Variant = "local"
		}
		r.Add(p)
	}
	add("Outbound", from)
	add("Inbound", to)
}

func ddos(r *cost.Reading) {
	r.Hourly("DDoS Protection Plan", 1)
	unit := "resource"
	if r.Usage().Has("overage_amount") {
		unit = "resources"
	}
	r.UsedAs("Overage charges", unit, "overage_amount", 1)
}

func watcher(r *cost.Reading) {
	checks := r.Told("monthly_diagnostic_checks", 1)
	if checks != nil {
		over := *checks - 1000
		if over <= 0 {
			return
		}
		checks = &over
	}
	r.Add(cost.Part{Name: "Network diagnostic tool (over 1,000 checks)", Unit: "checks", Quantity: checks, Meter: "checks", Usage: true})
}

func flowLog(r *cost.Reading) {
	logs := r.Told("monthly_logs_collected_gb", 1)
	over := logs
	if logs != nil {
		over = nil
		if *logs > 5 {
			over = cost.Quantity(*logs - 5)
		}
	}
	if logs == nil || over != nil {
		r.Add(cost.Part{Name: "Network logs collected (over 5GB)", Unit: "GB", Quantity: over, Usage: true})
	}
	if !r.Bool("traffic_analytics.enabled", false) {
		return
	}
	every := "60"
	if r.View.Num("traffic_analytics.interval_in_minutes", 60) == 10 {
		every = "10"
	}
	r.Add(cost.Part{Name: "Traffic Analytics data processed (" + every + " min interval)", Unit: "GB", Quantity: logs, Usage: true})
}

// connectionMonitor counts tests: each pair of endpoints of a group, each time.
func connectionMonitor(r *cost.Reading) {
	tests := r.Told("tests", 1)
	if tests == nil {
		n := 0.0
		every := map[string]float64{}
		for _, c := range r.List("test_configuration") {
			every[c.Str("name", "")] = c.Num("test_frequency_in_seconds", 60)
		}
		for _, g := range r.List("test_group") {
			if !g.Bool("enabled", true) {
				continue
			}
			pairs := float64(g.Len("source_endpoints") * g.Len("destination_endpoints"))
			names, _ := g.Get("test_configuration_names").([]any)
			for range names {
				n += pairs
			}
		}
		tests = &n
	}
	rest := *tests - 10
	if rest <= 0 {
		return
	}
	for _, t := range []struct {
		name, meter string
		size        float64
	}{
		{"Tests (10-240,010)", "Tests from 10", 240_000},
		{"Tests (240,010-750,010)", "Tests from 240,010", 510_000},
		{"Tests (750,010-1,000,010)", "Tests from 750,010", 250_000},
		{"Tests (1,000,010+)", "Tests from 1,000,010", 0},
	} {
		take := rest
		if t.size > 0 && take > t.size {
			take = t.size
		}
		if take <= 0 {
			return
		}
		r.Add(cost.Part{Name: t.name, Unit: "tests", Quantity: cost.Quantity(take), Meter: t.meter})
		rest -= take
	}
}

func bastion(r *cost.Reading) {
	sku := r.Low("sku", "basic")
	if sku == "developer" {
		return
	}
	variant := sku
	if sku == "basic" {
		variant = ""
	}
	r.Add(cost.Part{Name: "Bastion host", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Variant: variant})
	if more := r.Num("scale_units", 2) - 2; more > 0 && variant != "" { // two are in the price of the host
		r.Add(cost.Part{Name: "Scale units", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth * more), Variant: variant})
	}
	told := r.Told("monthly_outbound_data_gb", 1)
	r.Tiered(cost.Part{Unit: "GB", Quantity: told, Usage: true},
		cost.Tier{Name: "Outbound data transfer (first 10TB)", Size: 10_000}, cost.Tier{Name: "Outbound data transfer (next 40TB)", Size: 50_000},
		cost.Tier{Name: "Outbound data transfer (next 100TB)", Size: 100_000}, cost.Tier{Name: "Outbound data transfer (over 150TB)"})
}
