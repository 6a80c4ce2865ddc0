# METADATA
# title: What general policies look at
# description: >-
#   Lists the resources of whose attributes no policy of their service speaks: what
#   is said of them is said once.
package terrace.lib.general

import data.terrace.lib.plan

# ruled are the services of azurerm that have policies of their own, by how their types begin.
ruled := [
	"azurerm_ai_",
	"azurerm_analysis_services_",
	"azurerm_api_management",
	"azurerm_app_",
	"azurerm_application_",
	"azurerm_automation_",
	"azurerm_bastion_",
	"azurerm_batch_",
	"azurerm_bot_",
	"azurerm_cdn_",
	"azurerm_cognitive_",
	"azurerm_container_",
	"azurerm_cosmosdb_",
	"azurerm_dashboard_grafana",
	"azurerm_data_factory",
	"azurerm_databricks_",
	"azurerm_eventgrid_",
	"azurerm_eventhub",
	"azurerm_firewall",
	"azurerm_frontdoor",
	"azurerm_function_app",
	"azurerm_hdinsight_",
	"azurerm_healthcare_",
	"azurerm_iothub",
	"azurerm_key_vault",
	"azurerm_kubernetes_",
	"azurerm_kusto_",
	"azurerm_linux_",
	"azurerm_log_analytics_",
	"azurerm_logic_app_",
	"azurerm_machine_learning_",
	"azurerm_managed_",
	"azurerm_maps_",
	"azurerm_mariadb_",
	"azurerm_mongo_",
	"azurerm_monitor_",
	"azurerm_mssql_",
	"azurerm_mysql_",
	"azurerm_netapp_",
	"azurerm_notification_hub",
	"azurerm_orchestrated_",
	"azurerm_postgresql_",
	"azurerm_purview_",
	"azurerm_recovery_services_",
	"azurerm_redis_",
	"azurerm_search_",
	"azurerm_service_",
	"azurerm_servicebus_",
	"azurerm_signalr_",
	"azurerm_spring_cloud_",
	"azurerm_storage_",
	"azurerm_synapse_",
	"azurerm_virtual_",
	"azurerm_web_",
	"azurerm_windows_",
]

# resources are those of all other types.
resources := [r |
	some type in plan.types
	not strings.any_prefix_match(type, ruled)
	some r in plan.planned(type)
]
