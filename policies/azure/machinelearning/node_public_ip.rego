# METADATA
# title: Machines of Machine Learning have no public address
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: medium
#   fix: Set node_public_ip_enabled to false, with subnet_resource_id.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-machinelearning-node-public-ip
#   level: advisory
#   resources: [azurerm_machine_learning_compute_cluster, azurerm_machine_learning_compute_instance]
#   subjects:
#     - azurerm_machine_learning_compute_cluster.node_public_ip_enabled
#     - azurerm_machine_learning_compute_instance.node_public_ip_enabled
#     - ML node public IP
#     - machine learning node public
package terrace.azure.machinelearning.node_public_ip

import data.terrace.lib.plan

types := [
	"azurerm_machine_learning_compute_cluster",
	"azurerm_machine_learning_compute_instance",
]

path := ["node_public_ip_enabled"]

deny contains plan.finding(r, path, "has public addresses") if {
	some r in plan.planned_any(types)
	plan.certain(r, path, true) != false
}
