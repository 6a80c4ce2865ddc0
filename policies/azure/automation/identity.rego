# METADATA
# title: Automation accounts have a managed identity
# description: Run-as accounts are retired; an identity needs no secret.
# custom:
#   severity: medium
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-automation-identity
#   level: advisory
#   resources: [azurerm_automation_account]
#   subjects:
#     - azurerm_automation_account.identity_type
#     - automation acc identity
#     - automation identity
package terrace.azure.automation.identity

import data.terrace.lib.plan

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned("azurerm_automation_account")
	not plan.present(r, path)
}
