# METADATA
# title: AKS clusters take no commands through Azure
# description: Whoever has a role on the cluster in Azure runs commands in it as an admin otherwise, past its network and its roles.
# custom:
#   severity: medium
#   fix: Set run_command_enabled to false.
#   controls:
#     iso-27001-2022: ["A.8.2"]
#     mcsb: ["PA-7"]
#   id: azure-aks-run-command
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects: [azurerm_kubernetes_cluster.run_command_enabled, AKS run command, kubernetes run command]
package terrace.azure.aks.run_command

import data.terrace.lib.plan

path := ["run_command_enabled"]

deny contains plan.finding(r, path, "takes commands through Azure") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, true) != false
}
