# METADATA
# title: Storage accounts log what is done to their tables
# description: Without logs nobody knows who read, wrote or deleted tables.
# custom:
#   severity: low
#   fix: Add azurerm_monitor_diagnostic_setting for /tableServices/default of the account, with the category group audit.
#   controls:
#     cis-azure-3.0.0: ["4.14"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-storage-table-logging
#   level: advisory
#   resources: [azurerm_storage_account]
#   subjects: [storage logging table service, storage table logging]
package terrace.azure.storage.table_logging

import data.terrace.lib.plan

deny contains plan.finding(r, [], "does not log what is done to its tables") if {
	some r in plan.planned("azurerm_storage_account")
	plan.value(r, ["account_kind"], "StorageV2") in {"Storage", "StorageV2"}
	not logged(r)
}

logged(r) if count(plan.associated(r, "azurerm_monitor_diagnostic_setting", "target_resource_id")) > 0

logged(r) if {
	some insights in plan.associated(r, "azurerm_log_analytics_storage_insights", "storage_account_id")
	plan.present(insights, ["table_names"])
}
