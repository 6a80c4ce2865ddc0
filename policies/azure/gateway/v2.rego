# METADATA
# title: Application gateways are of the second generation
# description: "Gateways of the first generation are retired: they get no more fixes, and know no zones."
# custom:
#   severity: medium
#   fix: Set sku with name and tier "WAF_v2".
#   controls:
#     iso-27001-2022: ["A.8.8", "A.8.14"]
#   id: azure-gateway-v2
#   level: soft-mandatory
#   resources: [azurerm_application_gateway]
#   subjects: [azurerm_application_gateway.sku, application gateway sku, application gateway v2, application gateway migrate]
package terrace.azure.gateway.v2

import data.terrace.lib.plan

deny contains plan.finding(r, path, "is of the first generation") if {
	some r in plan.planned("azurerm_application_gateway")
	path := ["sku", 0, "tier"]
	plan.value(r, path, "") in {"Standard", "WAF"}
}

deny contains plan.finding(r, ["sku", 0, "tier"], "is of the first generation") if {
	some r in plan.planned("azurerm_application_gateway")
	plan.value(r, ["sku", 0, "tier"], "") == ""
	not endswith(plan.value(r, ["sku", 0, "name"], "_v2"), "_v2")
}
