# METADATA
# title: Service Bus is encrypted with a key of its owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Add customer_managed_key with key_vault_key_id and identity_id, or azurerm_servicebus_namespace_customer_managed_key.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-servicebus-customer-managed-key
#   level: advisory
#   resources: [azurerm_servicebus_namespace]
#   subjects:
#     - Servicebus CMK
#     - Servicebus customer managed key
#     - azurerm_servicebus_namespace.customer_managed_key
package terrace.azure.servicebus.customer_managed_key

import data.terrace.lib.plan

path := ["customer_managed_key", 0, "key_vault_key_id"]

deny contains plan.finding(r, path, "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_servicebus_namespace")
	not plan.present(r, path)
	count(plan.associated(r, "azurerm_servicebus_namespace_customer_managed_key", "namespace_id")) == 0
}
