# METADATA
# title: Resources send their logs
# description: Who read or changed what is known afterwards only from the logs.
# custom:
#   severity: medium
#   fix: Add azurerm_monitor_diagnostic_setting with target_resource_id and enabled_log.
#   controls:
#     cis-azure-3.0.0: ["6.4"]
#     iso-27001-2022: ["A.8.15"]
#     mcsb: ["LT-3"]
#   id: azure-monitor-diagnostics
#   level: advisory
#   resources:
#     - azurerm_key_vault
#     - azurerm_kubernetes_cluster
#     - azurerm_application_gateway
#     - azurerm_firewall
#     - azurerm_api_management
#     - azurerm_eventgrid_topic
#     - azurerm_eventgrid_domain
#     - azurerm_eventhub_namespace
#     - azurerm_servicebus_namespace
#     - azurerm_cosmosdb_account
#     - azurerm_mssql_database
#     - azurerm_mysql_flexible_server
#     - azurerm_postgresql_flexible_server
#     - azurerm_redis_cache
#     - azurerm_cognitive_account
#     - azurerm_search_service
#     - azurerm_data_factory
#     - azurerm_synapse_workspace
#     - azurerm_machine_learning_workspace
#     - azurerm_databricks_workspace
#     - azurerm_automation_account
#     - azurerm_logic_app_workflow
#     - azurerm_iothub
#     - azurerm_recovery_services_vault
#     - azurerm_batch_account
#     - azurerm_stream_analytics_job
#     - azurerm_signalr_service
#     - azurerm_web_pubsub
#     - azurerm_linux_web_app
#     - azurerm_windows_web_app
#     - azurerm_cdn_frontdoor_profile
#     - azurerm_bastion_host
#   subjects:
#     - diagnostic settings
#     - resource logs
#     - key vault logging
#     - key vault diagnostic
package terrace.azure.monitor.diagnostics

import data.terrace.lib.plan

types := [
	"azurerm_api_management",
	"azurerm_application_gateway",
	"azurerm_automation_account",
	"azurerm_bastion_host",
	"azurerm_batch_account",
	"azurerm_cdn_frontdoor_profile",
	"azurerm_cognitive_account",
	"azurerm_cosmosdb_account",
	"azurerm_data_factory",
	"azurerm_databricks_workspace",
	"azurerm_eventgrid_domain",
	"azurerm_eventgrid_topic",
	"azurerm_eventhub_namespace",
	"azurerm_firewall",
	"azurerm_iothub",
	"azurerm_key_vault",
	"azurerm_kubernetes_cluster",
	"azurerm_linux_web_app",
	"azurerm_logic_app_workflow",
	"azurerm_machine_learning_workspace",
	"azurerm_mssql_database",
	"azurerm_mysql_flexible_server",
	"azurerm_postgresql_flexible_server",
	"azurerm_recovery_services_vault",
	"azurerm_redis_cache",
	"azurerm_search_service",
	"azurerm_servicebus_namespace",
	"azurerm_signalr_service",
	"azurerm_stream_analytics_job",
	"azurerm_synapse_workspace",
	"azurerm_web_pubsub",
	"azurerm_windows_web_app",
]

deny contains plan.finding(r, [], "sends no logs") if {
	some r in plan.planned_any(types)
	count(plan.associated(r, "azurerm_monitor_diagnostic_setting", "target_resource_id")) == 0
}
