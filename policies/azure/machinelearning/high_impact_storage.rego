# METADATA
# title: Storage of sensitive workspaces is closed to public networks
# description: A workspace of high business impact keeps its data in its account.
# custom:
#   severity: high
#   fix: Set public_network_access_enabled of the storage account to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-machinelearning-high-impact-storage
#   level: soft-mandatory
#   resources: [azurerm_machine_learning_workspace]
#   subjects:
#     - ML workspace HBI public network
#     - machine learning high business impact
package terrace.azure.machinelearning.high_impact_storage

import data.terrace.lib.plan

deny contains plan.finding(r, ["storage_account_id"], "keeps data of high impact in an account that is open to public networks") if {
	some r in plan.planned("azurerm_machine_learning_workspace")
	plan.value(r, ["high_business_impact"], false) == true
	some account in plan.planned("azurerm_storage_account")
	plan.value(account, ["public_network_access_enabled"], true) == true
	some workspace in plan.associated(account, "azurerm_machine_learning_workspace", "storage_account_id")
	workspace.address == r.address
}
