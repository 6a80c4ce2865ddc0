# METADATA
# title: Clusters of Machine Learning take no SSH from outside
# description: What answers the Internet is tried by everyone.
# custom:
#   severity: medium
#   fix: Set ssh_public_access_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.20"]
#     mcsb: ["NS-2"]
#   id: azure-machinelearning-ssh
#   level: advisory
#   resources: [azurerm_machine_learning_compute_cluster]
#   subjects:
#     - azurerm_machine_learning_compute_cluster.ssh_public_access_enabled
#     - ML ssh public
#     - machine learning ssh
package terrace.azure.machinelearning.ssh

import data.terrace.lib.plan

path := ["ssh_public_access_enabled"]

deny contains plan.finding(r, path, "takes SSH from outside") if {
	some r in plan.planned("azurerm_machine_learning_compute_cluster")
	plan.certain(r, path, false) != false
}
