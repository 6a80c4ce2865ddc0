# METADATA
# title: Data Explorer is encrypted with a key of its owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add azurerm_kusto_cluster_customer_managed_key with cluster_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-kusto-customer-managed-key
#   level: advisory
#   resources: [azurerm_kusto_cluster]
#   subjects:
#     - Data Explorer encryption custom key
#     - Data Explorer customer managed key
#     - kusto CMK
package terrace.azure.kusto.customer_managed_key

import data.terrace.lib.plan

deny contains plan.finding(r, [], "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_kusto_cluster")
	count(plan.associated(r, "azurerm_kusto_cluster_customer_managed_key", "cluster_id")) == 0
}
