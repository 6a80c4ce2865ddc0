# METADATA
# title: AKS clusters take their roles from Azure
# description: Roles in Azure are given, reviewed and withdrawn where all others are.
# custom:
#   severity: medium
#   fix: Add azure_active_directory_role_based_access_control with azure_rbac_enabled = true.
#   controls:
#     iso-27001-2022: ["A.5.15", "A.5.18"]
#     mcsb: ["IM-1", "PA-7"]
#   id: azure-aks-azure-rbac
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.azure_active_directory_role_based_access_control
#     - AKS azure rbac
#     - AKS active directory
#     - AKS entra
#     - kubernetes azure rbac
#     - kubernetes active directory
#     - kubernetes entra
package terrace.azure.aks.azure_rbac

import data.terrace.lib.plan

path := ["azure_active_directory_role_based_access_control", 0, "azure_rbac_enabled"]

deny contains plan.finding(r, path, "has roles of its own") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, false) != true
}
