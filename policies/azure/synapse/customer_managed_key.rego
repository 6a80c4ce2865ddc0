# METADATA
# title: Synapse workspaces are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add customer_managed_key with key_versionless_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-synapse-customer-managed-key
#   level: advisory
#   resources: [azurerm_synapse_workspace]
#   subjects:
#     - azurerm_synapse_workspace.customer_managed_key_key_versionless_id
#     - azurerm_synapse_workspace.customer_managed_key_key_name
#     - Synapse CMK
#     - Synapse customer managed key
package terrace.azure.synapse.customer_managed_key

import data.terrace.lib.plan

paths := [["customer_managed_key", 0, "key_versionless_id"], ["customer_managed_key", 0, "key_name"]]

deny contains plan.finding(r, paths[0], "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_synapse_workspace")
	not some_present(r)
}

some_present(r) if {
	some path in paths
	plan.present(r, path)
}
