# METADATA
# title: Automation accounts are closed to public networks
# description: Webhooks and workers are reached by everyone otherwise.
# custom:
#   severity: medium
#   fix: Set public_network_access_enabled to false, and add a private endpoint.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-automation-public-network
#   level: advisory
#   resources: [azurerm_automation_account]
#   subjects:
#     - azurerm_automation_account.public_network_access_enabled
#     - automation permissive network
#     - automation overly permissive
#     - automation public
package terrace.azure.automation.public_network

import data.terrace.lib.plan

path := ["public_network_access_enabled"]

deny contains plan.finding(r, path, "is open to public networks") if {
	some r in plan.planned("azurerm_automation_account")
	plan.certain(r, path, true) != false
}
