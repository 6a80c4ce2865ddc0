package azure

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func integration() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_automation_account": automation,
		"azurerm_automation_dsc_configuration": func(r *cost.Reading) {
			r.UsedAs("Non-azure config nodes", "nodes", "non_azure_config_node_count", 1)
		},
		"azurerm_automation_dsc_nodeconfiguration": func(r *cost.Reading) {
			r.UsedAs("Non-azure config nodes", "nodes", "non_azure_config_node_count", 1)
		},
		"azurerm_automation_job_schedule": func(r *cost.Reading) {
			r.UsedAs("Job run time", "minutes", "monthly_job_run_mins", 1)
		},
		"azurerm_automation_watcher": func(r *cost.Reading) { r.UsedAs("Watcher", "hours", "monthly_watcher_hrs", 1) },
		"azurerm_logic_app_integration_account": func(r *cost.Reading) {
			if sku := r.Str("sku_name", ""); !strings.EqualFold(sku, "free") {
				r.Hourly("Integration Account ("+sku+")", 1)
			}
		},
		"azurerm_logic_app_standard":              logicApp,
		"azurerm_integration_service_environment": integrationEnvironment,
	}
}

func automation(r *cost.Reading) {
	for _, u := range []struct{ name, unit, key string }{
		{"Job run time", "minutes", "monthly_job_run_mins"}, {"Non-azure config nodes", "nodes", "non_azure_config_node_count"}, {"Watcher", "hours", "monthly_watcher_hrs"},
	} {
		if r.Usage().Num(u.key, 0) > 0 || u.name == "Non-azure config nodes" {
			r.UsedAs(u.name, u.unit, u.key, 1)
		}
	}
}

func logicApp(r *cost.Reading) {
	sku := strings.ToUpper(r.Usage().Str("sku", ""))
	for _, attribute := range []string{"app_service_plan_id", "service_plan_id"} {
		if plan := r.In().Related(r.Resource(), attribute, "azurerm_service_plan", "azurerm_app_service_plan"); plan != nil {
			v := cost.NewView(plan.Values)
			sku = strings.ToUpper(v.Str("sku_name", v.Str("sku.size", sku)))
		}
	}
	cores, ok := map[string]float64{"WS1": 1, "WS2": 2, "WS3": 4}[sku]
	var vcores, memory *float64
	if ok {
		vcores, memory = cost.Quantity(cores), cost.Quantity(3.5*cores)
	} else {
		sku = "unknown SKU"
	}
	r.Add(cost.Part{Name: "Workflow vCore (" + sku + ")", Unit: "vCore", Quantity: vcores, Meter: "Workflow vCore"})
	r.Add(cost.Part{Name: "Workflow memory (" + sku + ")", Unit: "GB", Quantity: memory, Meter: "Workflow memory"})
	r.UsedAs("Standard connectors", "calls", "monthly_standard_connector_calls", 1)
	r.UsedAs("Enterprise connectors", "calls", "monthly_enterprise_connector_calls", 1)
}

func integrationEnvironment(r *cost.Reading) {
	tier, scale, _ := strings.Cut(r.Str("sku_name", "Developer_0"), "_")
	r.Add(cost.Part{Name: "Base units", Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth), Variant: strings.ToLower(tier)})
	n := cost.NewView(map[string]any{"n": scale}).Num("n", 0)
	if n > 0 && strings.EqualFold(tier, "premium") {
		r.Hourly("Scale units", n)
	}
}
