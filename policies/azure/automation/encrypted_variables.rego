# METADATA
# title: Variables of Automation are encrypted
# description: Plain variables are read by everyone who may read the account.
# custom:
#   severity: high
#   fix: Set encrypted to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["IM-8", "DP-4"]
#   id: azure-automation-encrypted-variables
#   level: soft-mandatory
#   resources:
#     - azurerm_automation_variable_string
#     - azurerm_automation_variable_bool
#     - azurerm_automation_variable_int
#     - azurerm_automation_variable_datetime
#     - azurerm_automation_variable_object
#   subjects:
#     - azurerm_automation_variable_string.encrypted
#     - azurerm_automation_variable_bool.encrypted
#     - azurerm_automation_variable_int.encrypted
#     - azurerm_automation_variable_datetime.encrypted
#     - automation encrypted
#     - automation variable encrypted
package terrace.azure.automation.encrypted_variables

import data.terrace.lib.plan

types := [
	"azurerm_automation_variable_string",
	"azurerm_automation_variable_bool",
	"azurerm_automation_variable_int",
	"azurerm_automation_variable_datetime",
	"azurerm_automation_variable_object",
]

path := ["encrypted"]

deny contains plan.finding(r, path, "is not encrypted") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, false) != true
}
