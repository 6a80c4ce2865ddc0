# METADATA
# title: Application gateways listen to HTTPS
# description: Plain HTTP shows what is sent to everyone on the way; a listener for it should do nothing but redirect.
# custom:
#   severity: high
#   fix: Set protocol of http_listener to "Https", and let listeners of HTTP redirect alone.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3"]
#   id: azure-gateway-https-listeners
#   level: soft-mandatory
#   resources: [azurerm_application_gateway]
#   subjects: [azurerm_application_gateway.http_listener.protocol, application gateway https, app gateway uses https, appgw https]
package terrace.azure.gateway.https_listeners

import data.terrace.lib.plan

deny contains plan.finding(r, path, "serves plain HTTP") if {
	some r in plan.planned("azurerm_application_gateway")
	some i, listener in plan.blocks(r, ["http_listener"])
	path := ["http_listener", i, "protocol"]
	lower(plan.certain(r, path, "Http")) != "https"
	not redirects(r, object.get(listener, "name", null))
}

redirects(r, listener) if {
	some rule in plan.blocks(r, ["request_routing_rule"])
	rule.http_listener_name == listener
	plan.or_else(object.get(rule, "redirect_configuration_name", null), "") != ""
}
