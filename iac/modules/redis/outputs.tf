output "resource_id" {
  description = "Resource id of the instance."
  value       = local.resource_id
}

output "name" {
  description = "Name of the instance."
  value       = local.creates ? azurerm_managed_redis.this[0].name : local.existing_id_parts[8]
}

output "host" {
  description = "Host name of the instance."
  value       = local.creates ? azurerm_managed_redis.this[0].hostname : data.azurerm_managed_redis.existing[0].hostname
}

output "port" {
  description = "Port of the database; it speaks TLS only."
  value       = local.database.port
}

output "database_resource_id" {
  description = "Resource id of the database."
  value       = local.database.id
}

output "username" {
  description = "User that goes with the access key: default. Who signs in through Entra ID uses the object id."
  value       = "default"
}

output "password_secret" {
  description = "Where the primary access key is kept: key_vault_resource_id, name and versionless_id of the secret; null without one."
  value = var.access_keys_key_vault == null ? null : {
    key_vault_resource_id = var.access_keys_key_vault.key_vault_resource_id
    name                  = azurerm_key_vault_secret.access_key[0].name
    versionless_id        = azurerm_key_vault_secret.access_key[0].versionless_id
  }
}

output "access_policy_assignment_resource_ids" {
  description = "Resource ids of the access policy assignments, by the keys of access_policy_assignments."
  value       = { for key, a in azurerm_managed_redis_access_policy_assignment.this : key => a.id }
}

output "system_assigned_principal_id" {
  description = "Principal id of the system-assigned identity, null without one."
  value       = try(azurerm_managed_redis.this[0].identity[0].principal_id, null)
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the private endpoints, by the keys of private_endpoints."
  value       = { for key, e in azurerm_private_endpoint.this : key => e.id }
}
