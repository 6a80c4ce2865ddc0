package azure

import (
	"fmt"
	"math"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
)

func web() map[string]cost.Model {
	return map[string]cost.Model{
		"azurerm_service_plan": servicePlan, "azurerm_app_service_plan": oldPlan,
		"azurerm_function_app": function, "azurerm_linux_function_app": function, "azurerm_windows_function_app": function,
		"azurerm_app_service_environment":             environment,
		"azurerm_app_service_certificate_binding":     certificateBinding,
		"azurerm_app_service_custom_hostname_binding": hostnameBinding,
		"azurerm_app_service_certificate_order":       certificateOrder,
		"azurerm_static_site":                         staticSite, "azurerm_static_web_app": staticSite,
	}
}

// planInstances adds the hours of a plan's workers. Premium functions and
// workflows are billed with their apps, free plans not at all.
func planInstances(r *cost.Reading, sku, system string, workers float64) {
	lower := strings.ToLower(sku)
	for _, other := range []string{"ep", "ws", "y1", "f1", "fc", "free"} {
		if strings.HasPrefix(lower, other) {
			return
		}
	}
	if len(sku) < 2 {
		return
	}
	r.Add(cost.Part{
		Name: fmt.Sprintf("Instance usage (%s)", sku), Unit: "hours", Quantity: cost.Quantity(cost.HoursPerMonth * workers),
		Service: "service_plan", Meter: sku, Variant: system,
	})
}

func servicePlan(r *cost.Reading) {
	system := "windows"
	if r.Low("os_type", "windows") == "linux" {
		system = "linux"
	}
	planInstances(r, r.Str("sku_name", ""), system, r.Num("worker_count", 1))
}

func oldPlan(r *cost.Reading) {
	system := "windows"
	if k := r.Low("kind", "windows"); k == "linux" {
		system = "linux"
	}
	if strings.EqualFold(r.View.Str("sku.tier", ""), "ElasticPremium") || strings.EqualFold(r.View.Str("kind", ""), "FunctionApp") && strings.EqualFold(r.View.Str("sku.tier", ""), "Dynamic") {
		return
	}
	planInstances(r, r.Str("sku.size", ""), system, r.Num("sku.capacity", 1))
}

// function is billed by its workers on a premium plan, by use on a consumption
// plan, and not at all on a plan that is billed itself.
func function(r *cost.Reading) {
	sku := ""
	for _, attribute := range []string{"app_service_plan_id", "service_plan_id"} {
		plan := r.In().Related(r.Resource(), attribute, "azurerm_service_plan", "azurerm_app_service_plan")
		if plan == nil {
			continue
		}
		v := cost.NewView(plan.Values)
		sku = strings.ToUpper(v.Str("sku_name", v.Str("sku.size", "")))
	}
	if strings.HasPrefix(sku, "EP") {
		cores := map[string]float64{"EP1": 1, "EP2": 2, "EP3": 4}[sku]
		count := r.Usage().Num("instances", 1)
		r.Add(cost.Part{Name: "vCPU (" + sku + ")", Unit: "vCPU", Quantity: cost.Quantity(cores * count), Service: "function_app", Meter: "vCPU"})
		r.Add(cost.Part{Name: "Memory (" + sku + ")", Unit: "GB", Quantity: cost.Quantity(cores * 3.5 * count), Service: "function_app", Meter: "Memory"})
		return
	}
	if sku != "" && sku != "Y1" {
		return
	}
	executions(r)
}

func executions(r *cost.Reading) {
	runs, took, memory := r.Told("monthly_executions", 1), r.Told("execution_duration_ms", 1), r.Told("memory_mb", 1)
	var seconds *float64
	if runs != nil && took != nil && memory != nil {
		gb := math.Max(1, math.Ceil(*memory/128)) * 128 / 1024
		seconds = cost.Quantity(*runs * math.Max(100, *took) / 1000 * gb)
	}
	r.Add(cost.Part{Name: "Execution time", Unit: "GB-seconds", Quantity: seconds, Service: "function_app", Usage: true})
	r.Add(cost.Part{Name: "Executions", Unit: "1M requests", Quantity: r.Told("monthly_executions", 1e6), Service: "function_app", Usage: true})
}

func environment(r *cost.Reading) {
	tier := r.Str("pricing_tier", "I1")
	r.Hourly("Stamp fee", 1)
	r.Hourly("Instance usage ("+tier+")", 1)
}

func certificateBinding(r *cost.Reading) {
	if r.Low("ssl_state", "") == "ipbasedenabled" {
		r.Monthly("IP SSL certificate", "months", 1)
	}
}

func hostnameBinding(r *cost.Reading) {
	if r.Low("ssl_state", "") == "ipbasedenabled" {
		r.Monthly("IP SSL certificate", "months", 1)
	}
}

func certificateOrder(r *cost.Reading) {
	r.Monthly("SSL certificate ("+r.Low("product_type", "standard")+")", "years", 1.0/12)
}

func staticSite(r *cost.Reading) {
	if r.Low("sku_tier", "free") == "free" {
		return
	}
	r.Add(cost.Part{Name: "Static Web App (Standard)", Unit: "months", Quantity: cost.Quantity(1), Service: "static_web_app"})
	r.Add(cost.Part{Name: "Bandwidth (over 100GB)", Unit: "GB", Quantity: r.Told("monthly_bandwidth_gb", 1), Service: "static_web_app", Usage: true})
}
