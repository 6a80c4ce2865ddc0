# METADATA
# title: Workloads in AKS have identities
# description: A pod without an identity needs passwords to use anything.
# custom:
#   severity: medium
#   fix: Set oidc_issuer_enabled and workload_identity_enabled to true.
#   controls:
#     iso-27001-2022: ["A.5.16", "A.5.17"]
#     mcsb: ["IM-3"]
#   id: azure-aks-workload-identity
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.workload_identity_enabled
#     - azurerm_kubernetes_cluster.oidc_issuer_enabled
#     - AKS workload identity
#     - kubernetes workload identity
package terrace.azure.aks.workload_identity

import data.terrace.lib.plan

deny contains plan.finding(r, path, "gives workloads no identities") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	path := ["workload_identity_enabled"]
	plan.certain(r, path, false) != true
}
