# METADATA
# title: Application gateways let requests end
# description: When what is behind a gateway is changed, requests that are under way are cut off otherwise.
# custom:
#   severity: low
#   fix: Add connection_draining with enabled = true to each backend_http_settings.
#   controls:
#     iso-27001-2022: ["A.8.14"]
#   id: azure-gateway-connection-draining
#   level: advisory
#   resources: [azurerm_application_gateway]
#   subjects: [azurerm_application_gateway.connection_draining, application gateway connection draining]
package terrace.azure.gateway.connection_draining

import data.terrace.lib.plan

deny contains plan.finding(r, path, "cuts requests off when what is behind it is changed") if {
	some r in plan.planned("azurerm_application_gateway")
	some i, _ in plan.blocks(r, ["backend_http_settings"])
	path := ["backend_http_settings", i, "connection_draining", 0, "enabled"]
	plan.certain(r, path, false) != true
}
