# METADATA
# title: Automation accounts take no keys
# description: A key opens all, is shared, and is never revoked; identities have roles.
# custom:
#   severity: low
#   fix: Set local_authentication_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-automation-local-auth
#   level: advisory
#   resources: [azurerm_automation_account]
#   subjects:
#     - azurerm_automation_account.local_authentication_enabled
#     - automation local auth
package terrace.azure.automation.local_auth

import data.terrace.lib.plan

path := ["local_authentication_enabled"]

deny contains plan.finding(r, path, "takes keys") if {
	some r in plan.planned("azurerm_automation_account")
	plan.certain(r, path, true) != false
}
