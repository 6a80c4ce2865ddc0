# METADATA
# title: Data factories are encrypted with a key of their owner
# description: Who owns the key can take it away, and sees who used it.
# custom:
#   severity: low
#   fix: Set customer_managed_key_id and customer_managed_key_identity_id.
#   controls:
#     iso-27001-2022: ["A.8.24"]
#     mcsb: ["DP-5"]
#   id: azure-datafactory-customer-managed-key
#   level: advisory
#   resources: [azurerm_data_factory]
#   subjects:
#     - azurerm_data_factory.customer_managed_key_id
#     - data factor encrypt customer managed key
#     - data factory customer managed key
#     - data factory CMK
package terrace.azure.datafactory.customer_managed_key

import data.terrace.lib.plan

deny contains plan.finding(r, ["customer_managed_key_id"], "is encrypted with a key of Azure") if {
	some r in plan.planned("azurerm_data_factory")
	not plan.present(r, ["customer_managed_key_id"])
	count(plan.associated(r, "azurerm_data_factory_customer_managed_key", "data_factory_id")) == 0
	count(plan.associated(r, "azurerm_data_factory_linked_service_key_vault", "data_factory_id")) == 0
	count(plan.associated(r, "azurerm_data_factory_linked_service_key_vault", "data_factory_name")) == 0
}
