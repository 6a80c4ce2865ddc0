package azure

import (
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func data() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_data_factory": func(r *cost.Reading) {
			r.UsedAs("Read/Write operations", "50k entities", "monthly_read_write_operation_entities", 50_000)
			r.UsedAs("Monitoring operations", "50k entities", "monthly_monitoring_operation_entities", 50_000)
		},
		"azurerm_data_factory_integration_runtime_azure": func(r *cost.Reading) {
			cores := r.Num("core_count", 8)
			name := map[string]string{"general": "General Purpose", "computeoptimized": "Compute Optimized", "memoryoptimized": "Memory Optimized"}[r.Low("compute_type", "General")]
			r.Add(cost.Part{Name: fmt.Sprintf("Compute (%s, %g vCores)", name, cores), Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Service: "data_factory", Meter: name, Factor: cores})
			runtime(r)
		},
		"azurerm_data_factory_integration_runtime_azure_ssis":  ssis,
		"azurerm_data_factory_integration_runtime_managed":     func(r *cost.Reading) { ssis(r); runtime(r) },
		"azurerm_data_factory_integration_runtime_self_hosted": runtime,
	}
}

// runtime is what pipelines use of it: runs by usage, activities by the hour.
func runtime(r *cost.Reading) {
	r.UsedAs("Orchestration", "1k runs", "monthly_orchestration_runs", 1000)
	r.Hourly("Data movement activity", 1)
	r.Hourly("Pipeline activity", 1)
	r.Hourly("External pipeline activity", 1)
}

func ssis(r *cost.Reading) {
	size := strings.ReplaceAll(strings.TrimPrefix(r.Str("node_size", ""), "Standard_"), "_", " ")
	name := size + ", " + r.Str("edition", "Standard")
	if r.Low("license_type", "LicenseIncluded") == "licenseincluded" {
		name += ", license included"
	}
	r.Add(cost.Part{Name: "Compute (" + name + ")", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth * r.Num("number_of_nodes", 1)), Service: "data_factory", Meter: "Runtime " + name})
}

func identity() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_federated_identity_credential": func(r *cost.Reading) {
			for _, tier := range []string{"P1", "P2"} {
				users := r.Told("monthly_active_"+strings.ToLower(tier)+"_users", 1)
				over(r, cost.Part{Unit: "users", Quantity: users, Usage: true}, 50_000, cost.Tier{Name: "Active users (" + tier + ")"})
			}
		},
		"azurerm_active_directory_domain_service": func(r *cost.Reading) {
			r.Hourly("Active directory domain service ("+r.Str("sku", "Standard")+")", 1)
		},
		"azurerm_active_directory_domain_service_replica_set": func(r *cost.Reading) {
			sku := "Standard"
			if up := r.In().Related(r.Resource(), "domain_service_id", "azurerm_active_directory_domain_service"); up != nil {
				sku = cost.NewView(up.Values).Str("sku", sku)
			}
			r.Hourly("Active directory domain service replica set ("+sku+")", 1)
		},
	}
}
