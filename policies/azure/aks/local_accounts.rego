# METADATA
# title: AKS clusters have no accounts of their own
# description: A certificate of an admin that is in no directory works until the cluster is made anew.
# custom:
#   severity: high
#   fix: Set local_account_disabled to true.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.8.5"]
#     mcsb: ["IM-1"]
#   id: azure-aks-local-accounts
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.local_account_disabled
#     - AKS local admin disabled
#     - AKS local account
#     - kubernetes local admin disabled
#     - kubernetes local account
package terrace.azure.aks.local_accounts

import data.terrace.lib.plan

path := ["local_account_disabled"]

deny contains plan.finding(r, path, "has accounts of its own") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, false) != true
}
