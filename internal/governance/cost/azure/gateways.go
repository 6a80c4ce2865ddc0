package azure

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func gateways() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_application_gateway": applicationGateway, "azurerm_firewall": firewall,
		"azurerm_virtual_network_gateway": vpn, "azurerm_virtual_network_gateway_connection": vpnConnection,
		"azurerm_vpn_gateway": siteGateway, "azurerm_vpn_gateway_connection": func(r *cost.Reading) { r.Hourly("S2S Connections", 1) },
		"azurerm_point_to_site_vpn_gateway": pointGateway, "azurerm_virtual_hub": hub,
		"azurerm_express_route_gateway": expressRoute, "azurerm_express_route_connection": func(r *cost.Reading) { r.Hourly("ER Connections", 1) },
	}
}

func applicationGateway(r *cost.Reading) {
	kind, rest, _ := strings.Cut(r.Low("sku.name", ""), "_")
	capacity := 1.0
	if n := r.Num("sku.capacity", 0); n > 0 {
		capacity = n
	} else if n := r.Usage().Num("capacity_units", 0); n > 0 {
		capacity = n
	} else if n := r.Num("autoscale_configuration.min_capacity", 0); n > 0 {
		capacity = n
	}
	name := "WAF"
	if kind == "standard" {
		name = "basic"
	}
	if rest == "v2" {
		r.Hourly("Gateway usage ("+name+" v2)", 1)
		r.Add(cost.Part{Name: "V2 capacity units (" + name + ")", Unit: "CU", Quantity: cost.Quantity(cost.HoursPerMonth * capacity), Usage: true})
		return
	}
	r.Hourly("Gateway usage ("+name+", "+rest+")", capacity)
	r.UsedAs("Data processed ("+rest+")", "GB", "monthly_data_processed_gb", 1)
}

func firewall(r *cost.Reading) {
	tier := r.Str("sku_tier", "Standard")
	name := tier
	if r.Has("virtual_hub") {
		name = map[string]string{"standard": "Standard Secure Virtual Hub", "premium": "Premium Secured Virtual Hub"}[strings.ToLower(tier)]
	}
	r.Hourly("Deployment ("+name+")", 1)
	r.UsedAs("Data processed", "GB", "monthly_data_processed_gb", 1)
}

func vpn(r *cost.Reading) {
	sku := r.Str("sku", "Basic")
	r.Hourly("VPN gateway ("+sku+")", 1)
	if !strings.EqualFold(sku, "Basic") {
		tunnels := r.Told("p2s_connection", 1)
		if tunnels != nil {
			over := *tunnels - 128
			tunnels = &over
		}
		if tunnels == nil || *tunnels > 0 {
			r.Add(cost.Part{Name: "VPN gateway P2S tunnels (over 128)", Unit: "tunnel", Quantity: tunnels, Usage: true})
		}
	}
	r.UsedAs("VPN gateway data tranfer", "GB", "monthly_data_transfer_gb", 1)
}

func vpnConnection(r *cost.Reading) {
	gateway := r.In().Related(r.Resource(), "virtual_network_gateway_id", "azurerm_virtual_network_gateway")
	if gateway == nil || r.Low("type", "ipsec") != "ipsec" {
		return
	}
	sku := cost.NewView(gateway.Values).Str("sku", "Basic")
	if !strings.EqualFold(sku, "Basic") {
		r.Hourly("VPN gateway ("+sku+")", 1)
	}
}

func siteGateway(r *cost.Reading) {
	r.Monthly("S2S scale units (500 Mbps)", "scale units", r.Num("scale_unit", 1))
}

func pointGateway(r *cost.Reading) {
	r.Monthly("P2S scale units (500 Mbps)", "scale units", r.Num("scale_unit", 1))
	r.UsedAs("P2S connections", "hours", "monthly_p2s_connections_hrs", 1)
}

func hub(r *cost.Reading) {
	if r.Low("sku", "basic") == "basic" {
		return
	}
	r.Hourly("Deployment", 1)
	r.UsedAs("Data processed", "GB", "monthly_data_processed_gb", 1)
}

func expressRoute(r *cost.Reading) {
	r.Add(cost.Part{Name: "ER scale units (2 Gbps)", Unit: "scale units", Quantity: cost.Quantity(r.Num("scale_units", 1)), Meter: "ER scale units"})
}
