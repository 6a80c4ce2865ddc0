# METADATA
# title: Policies of web application firewalls are enabled
# description: A policy that is switched off inspects nothing, and looks as if it did.
# custom:
#   severity: high
#   fix: Set enabled to true in policy_settings.
#   controls:
#     iso-27001-2022: ["A.8.26"]
#     mcsb: ["NS-6"]
#   id: azure-gateway-waf-enabled
#   level: hard-mandatory
#   resources: [azurerm_web_application_firewall_policy]
#   subjects:
#     - azurerm_web_application_firewall_policy.policy_settings.enabled
#     - web application firewall policy enabled
#     - app gateway use WAF mode
#     - appgw use waf mode
package terrace.azure.gateway.waf_enabled

import data.terrace.lib.plan

path := ["policy_settings", 0, "enabled"]

deny contains plan.finding(r, path, "is switched off") if {
	some r in plan.planned("azurerm_web_application_firewall_policy")
	plan.certain(r, path, true) != true
}
