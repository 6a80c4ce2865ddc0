# METADATA
# title: Web application firewalls prevent attacks
# description: A firewall that detects alone lets every attack pass, and writes it down.
# custom:
#   severity: medium
#   fix: Set mode to "Prevention" in policy_settings.
#   controls:
#     iso-27001-2022: ["A.8.26"]
#     mcsb: ["NS-6"]
#   id: azure-gateway-waf-prevention
#   level: soft-mandatory
#   resources: [azurerm_web_application_firewall_policy]
#   subjects: [azurerm_web_application_firewall_policy.policy_settings.mode, web application firewall policy mode, waf policy prevention]
package terrace.azure.gateway.waf_prevention

import data.terrace.lib.plan

path := ["policy_settings", 0, "mode"]

deny contains plan.finding(r, path, "lets attacks pass") if {
	some r in plan.planned("azurerm_web_application_firewall_policy")
	plan.certain(r, path, "Prevention") != "Prevention"
}
