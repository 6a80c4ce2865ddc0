# METADATA
# title: Types are ones that live
# description: Retired services end, and their types are gone from the next version of the provider.
# custom:
#   severity: medium
#   fix: Move to the type that took its place.
#   controls:
#     iso-27001-2022: ["A.8.8", "A.8.19"]
#     mcsb: ["AM-2"]
#   id: terraform-lifecycle-retired-types
#   level: advisory
#   resources: ["*"]
#   subjects:
#     - retired type
#     - legacy resource
package terrace.terraform.lifecycle.retired_types

import data.terrace.lib.plan

# Types, and what took their place.
retired := {
	"azurerm_app_service": "azurerm_linux_web_app or azurerm_windows_web_app",
	"azurerm_app_service_plan": "azurerm_service_plan",
	"azurerm_app_service_slot": "azurerm_linux_web_app_slot or azurerm_windows_web_app_slot",
	"azurerm_function_app": "azurerm_linux_function_app or azurerm_windows_function_app",
	"azurerm_data_lake_store": "azurerm_storage_account",
	"azurerm_mariadb_server": "azurerm_mysql_flexible_server",
	"azurerm_monitor_log_profile": "azurerm_monitor_diagnostic_setting",
	"azurerm_mysql_server": "azurerm_mysql_flexible_server",
	"azurerm_postgresql_server": "azurerm_postgresql_flexible_server",
	"azurerm_redis_cache": "azurerm_managed_redis",
	"azurerm_redis_enterprise_cluster": "azurerm_managed_redis",
	"azurerm_sql_database": "azurerm_mssql_database",
	"azurerm_sql_server": "azurerm_mssql_server",
	"azurerm_spring_cloud_service": "azurerm_container_app",
	"azurerm_static_site": "azurerm_static_web_app",
	"azurerm_template_deployment": "azurerm_resource_group_template_deployment",
}

deny contains plan.finding(r, [], sprintf("is of a retired type; %s took its place", [successor])) if {
	some type, successor in retired
	some r in plan.planned(type)
}
