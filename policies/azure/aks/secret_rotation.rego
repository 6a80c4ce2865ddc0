# METADATA
# title: Secrets of vaults are renewed in AKS
# description: A secret that was rotated in the vault is used as it was until a pod starts anew.
# custom:
#   severity: medium
#   fix: Add key_vault_secrets_provider with secret_rotation_enabled = true.
#   controls:
#     iso-27001-2022: ["A.5.17"]
#     mcsb: ["IM-8", "DP-6"]
#   id: azure-aks-secret-rotation
#   level: advisory
#   resources: [azurerm_kubernetes_cluster]
#   subjects:
#     - azurerm_kubernetes_cluster.key_vault_secrets_provider.secret_rotation_enabled
#     - AKS secret store rotation
#     - AKS secret rotation
#     - azurerm_kubernetes_cluster.secret_rotation_enabled
#     - kubernetes secret store rotation
#     - kubernetes secret rotation
package terrace.azure.aks.secret_rotation

import data.terrace.lib.plan

path := ["key_vault_secrets_provider", 0, "secret_rotation_enabled"]

deny contains plan.finding(r, path, "does not renew secrets of vaults") if {
	some r in plan.planned("azurerm_kubernetes_cluster")
	plan.certain(r, path, false) != true
}
