# METADATA
# title: AKS clusters ask roles who may do what
# description: Without roles, whoever comes in may do everything.
# custom:
#   severity: high
#   fix: Leave out role_based_access_control_enabled, or set it to true.
#   controls:
#     iso-27001-2022: ["A.5.15", "A.8.3"]
#     mcsb: ["PA-7"]
#   id: azure-aks-rbac
#   level: hard-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects: [azurerm_kubernetes_cluster.role_based_access_control_enabled, AKS rbac enabled, kubernetes rbac enabled]
package terrace.azure.aks.rbac

import data.terrace.lib.plan

deny contains plan.finding(r, path, "lets everybody do everything") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	some path in [["role_based_access_control_enabled"], ["role_based_access_control", 0, "enabled"]]
	plan.certain(r, path, true) != true
}
