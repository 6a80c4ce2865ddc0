package azure

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func containers() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_container_registry": registry, "azurerm_api_management": apiManagement,
		"azurerm_container_app": containerApp, "azurerm_container_app_environment": containerAppEnvironment,
	}
}

func registry(r *cost.Reading) {
	sku := r.Str("sku", "Classic")
	places := r.Len("georeplication_locations") + r.Len("georeplications")
	if places > 0 {
		plural := "s"
		if places == 1 {
			plural = ""
		}
		r.Add(cost.Part{Name: fmt.Sprintf("Geo replication (%d location%s)", places, plural), Unit: "days", Quantity: cost.Quantity(30 * float64(places)), Meter: "Geo replication"})
	}
	r.Monthly("Registry usage ("+sku+")", "days", 30)
	included := map[string]float64{"classic": 10, "basic": 10, "standard": 100, "premium": 500}[strings.ToLower(sku)]
	stored := r.Told("storage_gb", 1)
	over := stored
	if stored != nil {
		over = nil
		if *stored > included {
			over = cost.Quantity(*stored - included)
		}
	}
	if stored == nil || over != nil {
		r.Add(cost.Part{Name: fmt.Sprintf("Storage (over %gGB)", included), Unit: "GB", Quantity: over, Meter: "Storage", Usage: true})
	}
	r.UsedAs("Build vCPU", "seconds", "monthly_build_vcpu_hrs", 1.0/3600)
}

func apiManagement(r *cost.Reading) {
	tier, capacity, _ := strings.Cut(r.Low("sku_name", ""), "_")
	if tier == "consumption" {
		r.UsedAs("API management (consumption)", "1M calls", "monthly_api_calls", 1e6)
		return
	}
	units := 1.0
	_, _ = fmt.Sscanf(capacity, "%g", &units)
	r.Monthly("API management ("+tier+")", "units", units)
	if tier == "premium" {
		r.UsedAs("Self hosted gateway", "gateways", "self_hosted_gateway_count", 1)
	}
}
