# METADATA
# title: AKS clusters have a managed identity
# description: The secret of a service principal expires, and the cluster with it, or never does, and is stolen.
# custom:
#   severity: medium
#   fix: Add identity in place of service_principal.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-3"]
#   id: azure-aks-managed-identity
#   level: soft-mandatory
#   resources: [azurerm_kubernetes_cluster]
#   subjects: [azurerm_kubernetes_cluster.identity, azurerm_kubernetes_cluster.service_principal, AKS managed identity, kubernetes managed identity]
package terrace.azure.aks.managed_identity

import data.terrace.lib.plan

deny contains plan.finding(r, ["service_principal"], "has a service principal with a secret") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.present(r, ["service_principal", 0, "client_id"])
	not plan.value(r, ["service_principal", 0, "client_id"], "") == "msi"
}
