# METADATA
# title: Logic apps have a managed identity
# description: With one, they reach others without a secret.
# custom:
#   severity: low
#   fix: Add identity.
#   controls:
#     iso-27001-2022: ["A.5.16"]
#     mcsb: ["IM-3"]
#   id: azure-logic-identity
#   level: advisory
#   resources: [azurerm_logic_app_standard, azurerm_logic_app_workflow]
#   subjects:
#     - azurerm_logic_app_standard.identity_type
#     - azurerm_logic_app_workflow.identity_type
#     - Logic app identity
package terrace.azure.logic.identity

import data.terrace.lib.plan

types := [
	"azurerm_logic_app_standard",
	"azurerm_logic_app_workflow",
]

path := ["identity", 0, "type"]

deny contains plan.finding(r, path, "has no managed identity") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
