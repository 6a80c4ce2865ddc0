package azure

import (
	"math"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func messaging() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_servicebus_namespace": serviceBus, "azurerm_eventhub_namespace": eventHub,
		"azurerm_eventgrid_topic": eventGrid, "azurerm_eventgrid_system_topic": eventGrid,
		"azurerm_notification_hub_namespace": notificationHub,
		"azurerm_iothub":                     iotHub, "azurerm_iothub_dps": func(r *cost.Reading) {
			r.UsedAs("Device provisioning", "1k operations", "monthly_operations", 1000)
		},
	}
}

func serviceBus(r *cost.Reading) {
	operations := r.Told("monthly_messaging_operations", 1e6)
	switch r.Low("sku", "basic") {
	case "premium":
		r.Monthly("Messaging units", "units", max(1, r.Num("capacity", 1)))
	case "basic":
		r.Add(cost.Part{Name: "Messaging operations", Unit: "1M operations", Quantity: operations, Usage: true})
	default:
		r.Hourly("Base charge", 1)
		over(r, cost.Part{Unit: "1M operations", Quantity: operations, Usage: true}, 13,
			cost.Tier{Name: "Messaging operations (13M-100M)", Size: 87}, cost.Tier{Name: "Messaging operations (100M-2,500M)", Size: 2400},
			cost.Tier{Name: "Messaging operations (over 2,500M)"})
		if connections := r.Told("monthly_brokered_connections", 1); connections != nil {
			over(r, cost.Part{Unit: "connections", Quantity: connections, Usage: true}, 1000,
				cost.Tier{Name: "Brokered connections (1K-100K)", Size: 99_000}, cost.Tier{Name: "Brokered connections (100K-500K)", Size: 400_000},
				cost.Tier{Name: "Brokered connections (over 500K)"})
		}
	}
}

// over prices what is above a free amount.
func over(r *cost.Reading, p cost.Part, free float64, tiers ...cost.Tier) {
	if p.Quantity != nil {
		rest := *p.Quantity - free
		if rest <= 0 {
			return
		}
		p.Quantity = &rest
	}
	r.Tiered(p, tiers...)
}

func eventHub(r *cost.Reading) {
	sku, events := r.Str("sku", "Basic"), r.Told("monthly_ingress_events", 1e6)
	unit := "throughput units"
	capacity := r.Usage().Num("throughput_or_capacity_units", r.Num("capacity", 1))
	if r.Has("dedicated_cluster_id") || r.Resource().Unknown["dedicated_cluster_id"] {
		sku, unit = "Dedicated", "capacity units"
	}
	if strings.EqualFold(sku, "premium") {
		unit = "processing units"
	}
	if strings.EqualFold(sku, "basic") || strings.EqualFold(sku, "standard") {
		r.Add(cost.Part{Name: "Ingress event (" + sku + ")", Unit: "1M events", Quantity: events, Usage: true})
	}
	if strings.EqualFold(sku, "standard") && r.Usage().Bool("capture_enabled", false) {
		r.Monthly("Capture", "units", capacity)
	}
	r.Monthly("Capacity ("+sku+")", unit, capacity)
	if unit == "throughput units" {
		return
	}
	stored := r.Told("retention_storage_gb", 1)
	included := capacity * 1024
	if unit == "capacity units" {
		included = capacity * 10_240
	}
	if stored != nil {
		rest := *stored - included
		if rest <= 0 {
			return
		}
		stored = &rest
	}
	r.Add(cost.Part{Name: "Extended retention", Unit: "GB", Quantity: stored, Usage: true})
}

func eventGrid(r *cost.Reading) {
	p := cost.Part{Name: "Operations", Unit: "100k operations", Quantity: r.Told("monthly_operations", 100_000), Usage: true}
	if p.Quantity != nil {
		p.Quantity = cost.Quantity(math.Floor(*p.Quantity))
	}
	r.Add(p)
}

func notificationHub(r *cost.Reading) {
	sku, pushes := r.Str("sku_name", "Free"), r.Told("monthly_pushes", 1e6)
	if strings.EqualFold(sku, "free") {
		return
	}
	r.Monthly("Namespace usage ("+sku+")", "months", 1)
	p := cost.Part{Unit: "1M pushes", Quantity: pushes, Usage: true}
	if strings.EqualFold(sku, "basic") {
		over(r, p, 10, cost.Tier{Name: "Pushes (over 10M)"})
		return
	}
	if pushes == nil {
		r.Tiered(p, cost.Tier{Name: "Pushes (10-100M)"})
		r.Tiered(p, cost.Tier{Name: "Pushes (over 100M)"})
		return
	}
	over(r, p, 10, cost.Tier{Name: "Pushes (10-100M)", Size: 90}, cost.Tier{Name: "Pushes (over 100M)"})
}

func iotHub(r *cost.Reading) {
	sku := r.Str("sku.name", "")
	if strings.EqualFold(sku, "F1") {
		return
	}
	variant := strings.ToLower(sku)
	if variant == "s1" {
		variant = "" // the first tier is the meter itself
	}
	r.Add(cost.Part{Name: "IoT Hub", Unit: "units", Quantity: cost.Quantity(r.Num("sku.capacity", 1)), Variant: variant})
}
