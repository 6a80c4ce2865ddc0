# METADATA
# title: Machines of Machine Learning are in a network
# description: Outside of one, nothing holds their traffic.
# custom:
#   severity: medium
#   fix: Set subnet_resource_id.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-machinelearning-compute-network
#   level: advisory
#   resources: [azurerm_machine_learning_compute_instance, azurerm_machine_learning_compute_cluster]
#   subjects:
#     - azurerm_machine_learning_compute_instance.subnet_resource_id
#     - azurerm_machine_learning_compute_cluster.subnet_resource_id
#     - ML compute network
#     - machine learning compute virtual network
package terrace.azure.machinelearning.compute_network

import data.terrace.lib.plan

types := [
	"azurerm_machine_learning_compute_instance",
	"azurerm_machine_learning_compute_cluster",
]

path := ["subnet_resource_id"]

deny contains plan.finding(r, path, "is in no network") if {
	some r in plan.planned_any(types)
	not plan.present(r, path)
}
