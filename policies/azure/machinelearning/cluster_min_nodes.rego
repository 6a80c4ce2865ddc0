# METADATA
# title: Clusters of Machine Learning shrink to nothing
# description: Nodes that wait cost as much as nodes that work.
# custom:
#   severity: low
#   fix: Set min_node_count in scale_settings to 0.
#   controls:
#     iso-27001-2022: ["A.8.6"]
#   id: azure-machinelearning-cluster-min-nodes
#   level: advisory
#   resources: [azurerm_machine_learning_compute_cluster]
#   subjects:
#     - azurerm_machine_learning_compute_cluster.scale_settings_min_node_count
#     - ML compute cluster min nodes
#     - machine learning min node
package terrace.azure.machinelearning.cluster_min_nodes

import data.terrace.lib.plan

path := ["scale_settings", 0, "min_node_count"]

deny contains plan.finding(r, path, "keeps nodes that wait") if {
	some r in plan.planned("azurerm_machine_learning_compute_cluster")
	plan.certain(r, path, 1) != 0
}
