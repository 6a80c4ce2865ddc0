# METADATA
# title: Event Hubs are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add azurerm_eventhub_namespace_customer_managed_key with eventhub_namespace_id, in a dedicated cluster or a namespace of the sku Premium.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-eventhub-customer-managed-key
#   level: advisory
#   resources: [azurerm_eventhub_namespace]
#   subjects:
#     - Event hub customer managed key
#     - Event hub CMK
package terrace.azure.eventhub.customer_managed_key

import data.terrace.lib.plan

deny contains plan.finding(r, [], "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_eventhub_namespace")
	count(plan.associated(r, "azurerm_eventhub_namespace_customer_managed_key", "eventhub_namespace_id")) == 0
}
