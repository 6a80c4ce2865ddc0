locals {
  creates = var.existing_account == null

  existing_id_parts = local.creates ? [] : split("/", var.existing_account.resource_id)

  account_id          = local.creates ? azurerm_cosmosdb_account.this[0].id : var.existing_account.resource_id
  account_name        = local.creates ? azurerm_cosmosdb_account.this[0].name : local.existing_id_parts[8]
  resource_group_name = local.creates ? var.resource_group_name : local.existing_id_parts[4]
  endpoint            = local.creates ? azurerm_cosmosdb_account.this[0].endpoint : data.azurerm_cosmosdb_account.existing[0].endpoint
  primary_key         = local.creates ? azurerm_cosmosdb_account.this[0].primary_key : data.azurerm_cosmosdb_account.existing[0].primary_key

  # What the lock, role assignments and private endpoints act on.
  resource_id = local.account_id

  diagnostic_log_groups        = toset(["allLogs"])
  diagnostic_metrics           = toset(["AllMetrics"])
  private_endpoint_subresource = var.api == "mongo" ? "MongoDB" : "Sql"

  sql_host = try(regex("^https://([^:/]+)", local.endpoint)[0], null)
  host     = var.api == "mongo" ? try(replace(local.sql_host, "${local.account_name}.documents.", "${local.account_name}.mongo.cosmos."), null) : local.sql_host

  capabilities = toset(concat(
    tolist(var.extra_capabilities),
    var.api == "mongo" ? ["EnableMongo"] : [],
    var.serverless ? ["EnableServerless"] : [],
  ))

  has_user_assigned_identity = length(var.managed_identities.user_assigned_resource_ids) > 0 || var.customer_managed_key != null
  identity_ids = toset(compact(concat(
    values(var.managed_identities.user_assigned_resource_ids),
    [try(var.customer_managed_key.user_assigned_identity_resource_id, null)],
  )))
  identity_type = join(", ", compact([
    var.managed_identities.system_assigned ? "SystemAssigned" : "",
    local.has_user_assigned_identity ? "UserAssigned" : "",
  ]))

  prefix               = local.creates ? "" : "${var.name}-"
  sql_database_names   = { for key, d in var.sql_databases : key => coalesce(d.name, "${local.prefix}${key}") }
  mongo_database_names = { for key, d in var.mongo_databases : key => coalesce(d.name, "${local.prefix}${key}") }

  sql_containers = merge([
    for database_key, d in var.sql_databases : {
      for key, c in d.containers : "${database_key}/${key}" => merge(c, { database_key = database_key, name = coalesce(c.name, key) })
    }
  ]...)

  mongo_collections = merge(concat([
    for database_key, d in var.mongo_databases : {
      for key, c in d.collections : "${database_key}/${key}" => merge(c, { database_key = database_key, name = coalesce(c.name, key) })
    }
    ], [
    for database_key, d in var.mongo_databases : {
      for name, indexes in d.indexed_collections : "${database_key}/${name}" => {
        database_key        = database_key
        name                = name
        shard_key           = null
        default_ttl_seconds = null
        # What Azure gives one of which it is told nothing, so that plans tell what it costs.
        throughput     = local.creates && !var.serverless && d.throughput == null && d.max_throughput == null ? 400 : null
        max_throughput = null
        indexes        = [for path in sort(distinct(values(indexes))) : { keys = [path], unique = false } if path != "_id"]
      }
    }
  ])...)

  built_in_roles = {
    reader      = "00000000-0000-0000-0000-000000000001"
    contributor = "00000000-0000-0000-0000-000000000002"
  }
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_cosmosdb_account.this,
    azurerm_cosmosdb_mongo_collection.this,
    azurerm_cosmosdb_mongo_database.this,
    azurerm_cosmosdb_sql_container.this,
    azurerm_cosmosdb_sql_database.this,
    azurerm_cosmosdb_sql_role_assignment.this,
    azurerm_cosmosdb_sql_role_definition.this,
    azurerm_key_vault_secret.access_key,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.access_key_reader,
    azurerm_role_assignment.this,
  ]
}
