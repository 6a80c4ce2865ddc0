# METADATA
# title: Workflows are started by named addresses alone
# description: Who knows the address of a trigger can start it.
# custom:
#   severity: medium
#   fix: Add access_control with trigger and allowed_caller_ip_address_range.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-logic-access-control
#   level: advisory
#   resources: [azurerm_logic_app_workflow]
#   subjects:
#     - azurerm_logic_app_workflow.access_control_trigger
#     - Logic app access control
#     - Logic app trigger
package terrace.azure.logic.access_control

import data.terrace.lib.plan

path := ["access_control", 0, "trigger"]

deny contains plan.finding(r, path, "is started from anywhere") if {
	some r in plan.planned("azurerm_logic_app_workflow")
	not plan.present(r, path)
}
