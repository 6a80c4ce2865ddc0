output "resource_id" {
  description = "Resource id of the server."
  value       = local.resource_id
}

output "name" {
  description = "Name of the server."
  value       = local.server_name
}

output "host" {
  description = "Host name of the server."
  value       = local.creates ? azurerm_mysql_flexible_server.this[0].fqdn : data.azurerm_mysql_flexible_server.existing[0].fqdn
}

output "port" {
  description = "Port of the server."
  value       = 3306
}

output "username" {
  description = "Name of the administrator who signs in with a password."
  value       = local.creates ? azurerm_mysql_flexible_server.this[0].administrator_login : data.azurerm_mysql_flexible_server.existing[0].administrator_login
}

output "entra_administrator_login" {
  description = "Name of the administrator from Entra ID, null without one."
  value       = try(azurerm_mysql_flexible_server_active_directory_administrator.this[0].login, null)
}

output "password_secret" {
  description = "Where the administrator's password is kept: key_vault_resource_id, name and versionless_id of the secret; null without one."
  value = var.administrator_password_key_vault == null ? null : {
    key_vault_resource_id = var.administrator_password_key_vault.key_vault_resource_id
    name                  = azurerm_key_vault_secret.administrator_password[0].name
    versionless_id        = azurerm_key_vault_secret.administrator_password[0].versionless_id
  }
}

output "database_names" {
  description = "Names of the databases, by the keys of databases."
  value       = { for key, d in azurerm_mysql_flexible_database.this : key => d.name }
}

output "database_resource_ids" {
  description = "Resource ids of the databases, by the keys of databases."
  value       = { for key, d in azurerm_mysql_flexible_database.this : key => d.id }
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the private endpoints, by the keys of private_endpoints."
  value       = { for key, e in azurerm_private_endpoint.this : key => e.id }
}
