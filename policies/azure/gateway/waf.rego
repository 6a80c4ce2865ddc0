# METADATA
# title: Application gateways have a web application firewall
# description: What comes from the Internet is inspected before it reaches an application.
# custom:
#   severity: high
#   fix: Set firewall_policy_id to a policy that is enabled, with sku WAF_v2.
#   controls:
#     iso-27001-2022: ["A.8.20", "A.8.26"]
#     mcsb: ["NS-6"]
#   id: azure-gateway-waf
#   level: soft-mandatory
#   resources: [azurerm_application_gateway]
#   subjects:
#     - azurerm_application_gateway.firewall_policy_id
#     - azurerm_application_gateway.waf_configuration
#     - application gateway enables WAF
#     - app gateway waf
package terrace.azure.gateway.waf

import data.terrace.lib.plan

deny contains plan.finding(r, ["firewall_policy_id"], "has no web application firewall") if {
	some r in plan.planned("azurerm_application_gateway")
	not plan.present(r, ["firewall_policy_id"])
	plan.certain(r, ["waf_configuration", 0, "enabled"], false) != true
}

deny contains plan.finding(r, ["firewall_policy_id"], "has a web application firewall that is switched off") if {
	some policy in plan.planned("azurerm_web_application_firewall_policy")
	plan.value(policy, ["policy_settings", 0, "enabled"], true) == false
	some r in plan.associated(policy, "azurerm_application_gateway", "firewall_policy_id")
}
