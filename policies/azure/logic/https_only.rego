# METADATA
# title: Logic apps take HTTPS alone
# description: Plain HTTP shows what is sent to everyone on the way.
# custom:
#   severity: high
#   fix: Set https_only to true.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-3", "NS-8"]
#   id: azure-logic-https-only
#   level: soft-mandatory
#   resources: [azurerm_logic_app_standard]
#   subjects:
#     - azurerm_logic_app_standard.https_only
#     - Logic app HTTPS
package terrace.azure.logic.https_only

import data.terrace.lib.plan

path := ["https_only"]

deny contains plan.finding(r, path, "takes plain HTTP") if {
	some r in plan.planned("azurerm_logic_app_standard")
	plan.certain(r, path, false) != true
}
