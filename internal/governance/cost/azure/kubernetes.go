package azure

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func kubernetes() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_kubernetes_cluster":           cluster,
		"azurerm_kubernetes_cluster_node_pool": nodePool,
	}
}

func cluster(r *cost.Reading) {
	switch r.Low("sku_tier", "free") {
	case "paid", "standard":
		r.Hourly("Uptime SLA", 1)
	case "premium": // it is sold as long term support, with the service level in it
		r.Hourly("Long term support", 1)
	}
	r.Within("default_node_pool", func() {
		v := r.List("default_node_pool")
		if len(v) > 0 {
			nodes(r, v[0], "default_node_pool.")
		}
	})
	if strings.EqualFold(r.View.Str("network_profile.load_balancer_sku", "standard"), "standard") && r.Usage().Has("load_balancer.monthly_data_processed_gb") {
		r.Within("Load Balancer", func() {
			r.Add(cost.Part{Name: "Data processed", Unit: "GB", Quantity: r.Told("load_balancer.monthly_data_processed_gb", 1), Usage: true})
		})
	}
	if r.Bool("http_application_routing_enabled", false) || r.Bool("addon_profile.http_application_routing.enabled", false) {
		r.Within("DNS", func() {
			r.Add(cost.Part{Name: "Hosted zone", Unit: "months", Quantity: cost.Quantity(1)})
		})
	}
}

func nodePool(r *cost.Reading) { nodes(r, r.View, "") }

// nodes adds the machines of a pool and their disks.
func nodes(r *cost.Reading, v cost.View, usage string) {
	count := v.Num("node_count", 1)
	if !v.Has("node_count") {
		if least := v.Num("min_count", 1); least > 0 {
			count = least
		}
	}
	count = r.Usage().Num(usage+"nodes", count)
	system := "Linux"
	if strings.EqualFold(v.Str("os_type", ""), "Windows") || strings.HasPrefix(strings.ToLower(v.Str("os_sku", "")), "windows") {
		system = "Windows"
	}
	size := v.Str("vm_size", "Standard_DS2_v2")
	instances(r, system, size, "", r.Usage().Num(usage+"monthly_hrs", cost.HoursPerMonth)*count)
	if strings.EqualFold(v.Str("os_disk_type", "Managed"), "Ephemeral") {
		return
	}
	r.Within("os_disk", func() {
		kind, gb := "Standard", v.Positive("os_disk_size_gb", 128)
		if premiumStorage(size) {
			kind = "Premium"
		}
		name := diskSize(strings.ToLower(kind), gb)
		r.Add(cost.Part{Name: "Storage (" + name + ", LRS)", Unit: "months", Quantity: cost.Quantity(count), Service: "managed_disk", Meter: name, Variant: "LRS"})
	})
}

// premiumStorage tells whether a size takes premium disks: an s in its name.
func premiumStorage(size string) bool {
	_, name, _ := strings.Cut(strings.ToLower(size), "_")
	name, _, _ = strings.Cut(name, "_")
	return strings.Contains(name, "s")
}
