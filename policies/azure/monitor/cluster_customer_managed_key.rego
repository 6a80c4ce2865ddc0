# METADATA
# title: Clusters of Log Analytics are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add azurerm_log_analytics_cluster_customer_managed_key with log_analytics_cluster_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-monitor-cluster-customer-managed-key
#   level: advisory
#   resources: [azurerm_log_analytics_cluster]
#   subjects:
#     - log analytics cluster customer managed key
#     - log analytics CMK
package terrace.azure.monitor.cluster_customer_managed_key

import data.terrace.lib.plan

deny contains plan.finding(r, [], "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_log_analytics_cluster")
	count(plan.associated(r, "azurerm_log_analytics_cluster_customer_managed_key", "log_analytics_cluster_id")) == 0
}
