# METADATA
# title: Machines of Machine Learning take no accounts of their own
# description: Local accounts are shared, and nobody revokes them.
# custom:
#   severity: medium
#   fix: Set local_auth_enabled to false.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-machinelearning-cluster-local-auth
#   level: advisory
#   resources: [azurerm_machine_learning_compute_cluster, azurerm_machine_learning_compute_instance]
#   subjects:
#     - azurerm_machine_learning_compute_cluster.local_auth_enabled
#     - azurerm_machine_learning_compute_instance.local_auth_enabled
#     - ML CLA disabled
#     - ML local auth
#     - machine learning compute local auth
#     - machine learning local auth
package terrace.azure.machinelearning.cluster_local_auth

import data.terrace.lib.plan

types := [
	"azurerm_machine_learning_compute_cluster",
	"azurerm_machine_learning_compute_instance",
]

path := ["local_auth_enabled"]

deny contains plan.finding(r, path, "takes local accounts") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != false
}
