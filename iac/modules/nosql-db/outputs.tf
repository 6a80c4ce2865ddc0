output "resource_id" {
  description = "Resource id of the account."
  value       = local.resource_id
}

output "name" {
  description = "Name of the account."
  value       = local.account_name
}

output "endpoint" {
  description = "Endpoint of the account: https://<host>:443/."
  value       = local.endpoint
}

output "host" {
  description = "Host name that clients of the account's api connect to."
  value       = local.host
}

output "port" {
  description = "Port that clients of the account's api connect to, with TLS."
  value       = var.api == "mongo" ? 10255 : 443
}

output "username" {
  description = "User of a mongo account, which goes with the primary key; null for sql."
  value       = var.api == "mongo" ? local.account_name : null
}

output "password_secret" {
  description = "Where the primary key is kept: key_vault_resource_id, name and versionless_id of the secret; null without one."
  value = var.access_keys_key_vault == null ? null : {
    key_vault_resource_id = var.access_keys_key_vault.key_vault_resource_id
    name                  = azurerm_key_vault_secret.access_key[0].name
    versionless_id        = azurerm_key_vault_secret.access_key[0].versionless_id
  }
}

output "database_names" {
  description = "Names of the databases, by the keys of sql_databases or mongo_databases."
  value       = merge({ for key, d in azurerm_cosmosdb_sql_database.this : key => d.name }, { for key, d in azurerm_cosmosdb_mongo_database.this : key => d.name })
}

output "database_resource_ids" {
  description = "Resource ids of the databases, by the keys of sql_databases or mongo_databases."
  value       = merge({ for key, d in azurerm_cosmosdb_sql_database.this : key => d.id }, { for key, d in azurerm_cosmosdb_mongo_database.this : key => d.id })
}

output "container_names" {
  description = "Names of containers and collections, by <database key>/<key>."
  value       = merge({ for key, c in azurerm_cosmosdb_sql_container.this : key => c.name }, { for key, c in azurerm_cosmosdb_mongo_collection.this : key => c.name })
}

output "container_resource_ids" {
  description = "Resource ids of containers and collections, by <database key>/<key>."
  value       = merge({ for key, c in azurerm_cosmosdb_sql_container.this : key => c.id }, { for key, c in azurerm_cosmosdb_mongo_collection.this : key => c.id })
}

output "system_assigned_principal_id" {
  description = "Principal id of the system-assigned identity, null without one."
  value       = try(azurerm_cosmosdb_account.this[0].identity[0].principal_id, null)
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the private endpoints, by the keys of private_endpoints."
  value       = { for key, e in azurerm_private_endpoint.this : key => e.id }
}
