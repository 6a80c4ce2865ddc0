# METADATA
# title: Resources that hold data are locked
# description: A lock keeps a mistake of a moment from deleting what was made in years.
# custom:
#   severity: low
#   fix: Add azurerm_management_lock with scope and lock_level = "CanNotDelete", for the resource or its group.
#   controls:
#     cis-azure-3.0.0: ["10.1"]
#     iso-27001-2022: ["A.8.13", "A.8.32"]
#     mcsb: ["AM-4"]
#   id: azure-governance-locks
#   level: advisory
#   resources:
#     - azurerm_storage_account
#     - azurerm_key_vault
#     - azurerm_mssql_server
#     - azurerm_mssql_managed_instance
#     - azurerm_mysql_flexible_server
#     - azurerm_postgresql_flexible_server
#     - azurerm_cosmosdb_account
#     - azurerm_recovery_services_vault
#     - azurerm_container_registry
#     - azurerm_log_analytics_workspace
#   subjects:
#     - management lock
#     - resource lock
package terrace.azure.governance.locks

import data.terrace.lib.plan

types := [
	"azurerm_storage_account",
	"azurerm_key_vault",
	"azurerm_mssql_server",
	"azurerm_mssql_managed_instance",
	"azurerm_mysql_flexible_server",
	"azurerm_postgresql_flexible_server",
	"azurerm_cosmosdb_account",
	"azurerm_recovery_services_vault",
	"azurerm_container_registry",
	"azurerm_log_analytics_workspace",
]

deny contains plan.finding(r, [], "is not locked") if {
	not group_locked
	some r in plan.planned_any(types)
	count(plan.associated(r, "azurerm_management_lock", "scope")) == 0
}

# A lock of a resource group holds for what is in it.
group_locked if {
	some group in plan.planned("azurerm_resource_group")
	count(plan.associated(group, "azurerm_management_lock", "scope")) > 0
}
