# METADATA
# title: AKS clusters encrypt their secrets with a key of their owner
# description: Secrets of Kubernetes are in etcd in clear otherwise, under a key of Microsoft alone.
# custom:
#   severity: medium
#   fix: Add key_management_service with key_vault_key_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5", "DP-6"]
#   id: azure-aks-secrets-encryption
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects: [azurerm_kubernetes_cluster.key_management_service, AKS KMS, AKS secrets encryption, kubernetes KMS, kubernetes secrets encryption]
package terrace.azure.aks.secrets_encryption

import data.terrace.lib.plan

path := ["key_management_service", 0, "key_vault_key_id"]

deny contains plan.finding(r, path, "encrypts its secrets with a key of Microsoft") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	not plan.present(r, path)
}
