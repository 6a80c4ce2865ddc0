# METADATA
# title: Application gateways probe what is behind them
# description: Without a probe that knows the application, the gateway sends requests to what is broken.
# custom:
#   severity: low
#   fix: "Name a probe in each backend_http_settings: probe_name."
#   controls:
#     iso-27001-2022: ["A.8.14", "A.8.16"]
#   id: azure-gateway-probes
#   level: advisory
#   resources: [azurerm_application_gateway]
#   subjects: [azurerm_application_gateway.probe, application gateway probe, application gateway health probe]
package terrace.azure.gateway.probes

import data.terrace.lib.plan

deny contains plan.finding(r, path, "does not probe what is behind it") if {
	some r in plan.planned("azurerm_application_gateway")
	some i, _ in plan.blocks(r, ["backend_http_settings"])
	path := ["backend_http_settings", i, "probe_name"]
	not plan.present(r, path)
}

deny contains plan.finding(r, ["probe"], "does not probe what is behind it") if {
	some r in plan.planned("azurerm_application_gateway")
	plan.blocks(r, ["backend_http_settings"]) == []
	not plan.present(r, ["probe"])
}
