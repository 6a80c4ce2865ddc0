package azure

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func edge() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_cdn_endpoint": cdn, "azurerm_frontdoor": frontDoor, "azurerm_frontdoor_firewall_policy": frontPolicy,
		"azurerm_traffic_manager_profile":        trafficProfile,
		"azurerm_traffic_manager_azure_endpoint": trafficEndpoint, "azurerm_traffic_manager_external_endpoint": trafficEndpoint,
		"azurerm_traffic_manager_nested_endpoint": trafficEndpoint,
	}
}

func cdn(r *cost.Reading) {
	profile := r.In().Related(r.Resource(), "profile_name", "azurerm_cdn_profile")
	if profile == nil {
		r.Miss("Outbound data transfer", "the profile is not in the plan")
		return
	}
	sku := cost.NewView(profile.Values).Str("sku", "")
	tier, maker, _ := strings.Cut(sku, "_")
	name := maker
	if strings.EqualFold(maker, "verizon") {
		name = tier + " " + maker
	}
	sent := r.Told("monthly_outbound_gb", 1)
	steps := []float64{10_000, 40_000, 100_000, 350_000, 500_000, 4_000_000, 0}
	labels := []string{"first 10TB", "next 40TB", "next 100TB", "next 350TB", "next 500TB", "next 4000TB", "over 5000TB"}
	var tiers []cost.Tier
	for i, label := range labels {
		tiers = append(tiers, cost.Tier{Name: "Outbound data transfer (" + name + ", " + label + ")", Size: steps[i]})
	}
	r.Tiered(cost.Part{Unit: "GB", Quantity: sent, Usage: true}, tiers...)
	if strings.EqualFold(maker, "microsoft") {
		rules := float64(r.Len("global_delivery_rule") + r.Len("delivery_rule"))
		if rules > 5 {
			r.Monthly("Rules engine rules (over 5)", "rules", rules-5)
		}
		if rules > 0 {
			r.UsedAs("Rules engine requests", "1M requests", "monthly_rules_engine_requests", 1e6)
		}
	}
	if r.Low("optimization_type", "") == "dynamicsiteacceleration" && !strings.EqualFold(maker, "microsoft") && strings.EqualFold(tier, "standard") {
		r.Tiered(cost.Part{Unit: "GB", Quantity: sent, Usage: true},
			cost.Tier{Name: "Acceleration outbound data transfer (first 50TB)", Size: 50_000}, cost.Tier{Name: "Acceleration outbound data transfer (next 100TB)", Size: 100_000},
			cost.Tier{Name: "Acceleration outbound data transfer (next 350TB)", Size: 350_000}, cost.Tier{Name: "Acceleration outbound data transfer (next 500TB)", Size: 500_000},
			cost.Tier{Name: "Acceleration outbound data transfer (over 1000TB)"})
	}
}

func frontDoor(r *cost.Reading) {
	rules := float64(r.Len("routing_rule"))
	r.Tiered(cost.Part{Unit: "hours", Quantity: cost.Quantity(rules * cost.HoursPerMonth)},
		cost.Tier{Name: "Routing rules (first 5 rules)", Size: 5 * cost.HoursPerMonth}, cost.Tier{Name: "Routing rules (per additional rule)"})
	if hosts := float64(r.Len("frontend_endpoint")) - 100; hosts > 0 {
		r.Monthly("Frontend hosts (over 100)", "hosts", hosts)
	}
	r.UsedAs("Inbound data transfer", "GB", "monthly_inbound_data_transfer_gb", 1)
	zones := []struct{ key, name string }{
		{"us_gov", "US Gov"},
		{"north_america_europe_africa", "North America, Europe and Africa"},
		{"asia_pacific", "Asia Pacific (including Japan)"},
		{"south_america", "South America"},
		{"australia", "Australia"},
		{"india", "India"},
	}
	r.Within("Outbound data transfer", func() {
		for _, z := range zones {
			if sent := r.Told("monthly_outbound_data_transfer_gb."+z.key, 1); sent != nil {
				r.Tiered(cost.Part{Unit: "GB", Quantity: sent, Usage: true}, cost.Tier{Name: z.name + " (first 10TB)", Size: 10_000},
					cost.Tier{Name: z.name + " (next 40TB)", Size: 40_000}, cost.Tier{Name: z.name + " (over 50TB)"})
			}
		}
	})
}

func frontPolicy(r *cost.Reading) {
	r.Monthly("Policy", "months", 1)
	if n := r.Len("custom_rule"); n > 0 {
		r.Monthly("Custom rules", "rules", float64(n))
		r.UsedAs("Custom rule requests", "1M requests", "monthly_custom_rule_requests", 1e6)
	}
	if n := r.Len("managed_rule"); n > 0 {
		r.Monthly("Managed rulesets", "rulesets", float64(n))
		r.UsedAs("Managed ruleset requests", "1M requests", "monthly_managed_ruleset_requests", 1e6)
	}
}

func trafficProfile(r *cost.Reading) {
	if strings.EqualFold(r.View.Str("profile_status", "Enabled"), "Disabled") {
		return
	}
	r.Tiered(cost.Part{Unit: "1M queries", Quantity: r.Told("monthly_dns_queries", 1e6), Usage: true},
		cost.Tier{Name: "DNS queries (first 1B)", Size: 1000}, cost.Tier{Name: "DNS queries (over 1B)"})
	if r.Bool("traffic_view_enabled", false) {
		r.UsedAs("Traffic view", "1M data points", "monthly_traffic_view_data_points", 1e6)
	}
}

func trafficEndpoint(r *cost.Reading) {
	if !r.Bool("enabled", true) {
		return
	}
	profile := r.In().Related(r.Resource(), "profile_id", "azurerm_traffic_manager_profile")
	if profile == nil {
		profile = r.In().Related(r.Resource(), "profile_name", "azurerm_traffic_manager_profile")
	}
	where := "Global"
	if profile != nil && strings.HasPrefix(r.RegionOf(profile), "germany") {
		where = "Germany"
	}
	r.Hourly("Basic health check ("+where+")", 1)
	if profile != nil && cost.NewView(profile.Values).Num("monitor_config.interval_in_seconds", 30) <= 10 {
		r.Hourly("Fast interval health checks add-on ("+where+")", 1)
	}
}
