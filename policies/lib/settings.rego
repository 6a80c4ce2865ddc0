# METADATA
# title: What an organisation sets
# description: >-
#   The settings of rules, with what holds where nobody set anything. An operator
#   sets them in a data file beside its policies: {"settings": {"required_tags": […]}}.
package terrace.lib.settings

# required_tags are the tags that every resource carries that can.
default required_tags := ["costcenter", "env", "owner"]

required_tags := data.settings.required_tags

# regions are where resources may be; none means anywhere.
default regions := []

regions := data.settings.regions

# max_destroyed is how many resources a plan may destroy.
default max_destroyed := 20

max_destroyed := data.settings.max_destroyed

# tag_values are the values that tags may have, by tag; those that are not named may have any.
default tag_values := {}

tag_values := data.settings.tag_values

# providers are those that may be used, by their full names; none means any.
default providers := []

providers := data.settings.providers

# stateful are the types whose resources hold data that cannot be made again.
default stateful := [
	"azurerm_storage_account",
	"azurerm_storage_container",
	"azurerm_storage_share",
	"azurerm_key_vault",
	"azurerm_key_vault_key",
	"azurerm_managed_disk",
	"azurerm_mssql_database",
	"azurerm_mssql_server",
	"azurerm_mysql_flexible_database",
	"azurerm_mysql_flexible_server",
	"azurerm_postgresql_flexible_server",
	"azurerm_postgresql_flexible_server_database",
	"azurerm_cosmosdb_account",
	"azurerm_cosmosdb_sql_database",
	"azurerm_cosmosdb_mongo_database",
	"azurerm_eventhub",
	"azurerm_eventhub_namespace",
	"azurerm_servicebus_namespace",
	"azurerm_servicebus_queue",
	"azurerm_managed_redis",
	"azurerm_log_analytics_workspace",
	"azurerm_container_registry",
	"azurerm_recovery_services_vault",
	"aws_db_instance",
	"aws_s3_bucket",
	"google_sql_database_instance",
	"google_storage_bucket",
]

stateful := data.settings.stateful
