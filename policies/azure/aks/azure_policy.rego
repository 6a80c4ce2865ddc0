# METADATA
# title: AKS clusters are held against Azure Policy
# description: The add-on refuses workloads that break the rules of the organisation.
# custom:
#   severity: medium
#   fix: Set azure_policy_enabled to true.
#   controls:
#     iso-27001-2022: ["A.8.9"]
#     mcsb: ["PV-2"]
#   id: azure-aks-azure-policy
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.azure_policy_enabled
#     - AKS azure policies addon
#     - AKS policy addon
#     - AKS azure policy
#     - kubernetes azure policies addon
#     - kubernetes policy addon
#     - kubernetes azure policy
package terrace.azure.aks.azure_policy

import data.terrace.lib.plan

path := ["azure_policy_enabled"]

deny contains plan.finding(r, path, "is not held against Azure Policy") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, false) != true
	plan.value(r, ["addon_profile", 0, "azure_policy", 0, "enabled"], false) != true
}
