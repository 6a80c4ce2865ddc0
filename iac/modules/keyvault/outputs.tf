output "resource_id" {
  description = "Resource id of the vault."
  value       = local.resource_id
}

output "name" {
  description = "Name of the vault."
  value       = local.creates ? azurerm_key_vault.this[0].name : local.existing_id_parts[8]
}

output "uri" {
  description = "Address of the vault's keys, secrets and certificates."
  value       = local.creates ? azurerm_key_vault.this[0].vault_uri : data.azurerm_key_vault.existing[0].vault_uri
}

output "tenant_id" {
  description = "Tenant whose principals may use the vault."
  value       = local.creates ? azurerm_key_vault.this[0].tenant_id : data.azurerm_key_vault.existing[0].tenant_id
}

output "key_ids" {
  description = "Ids of the keys with their versions, by the keys of keys."
  value       = { for key, k in azurerm_key_vault_key.this : key => k.id }
}

output "versionless_key_ids" {
  description = "Ids of the keys without versions, for services that follow rotation, by the keys of keys."
  value       = { for key, k in azurerm_key_vault_key.this : key => k.versionless_id }
}

output "key_resource_ids" {
  description = "Resource ids of the keys without versions, to give roles on, by the keys of keys."
  value       = { for key, k in azurerm_key_vault_key.this : key => k.resource_versionless_id }
}

output "secret_names" {
  description = "Names of the secrets, by the keys of secrets."
  value       = { for key, s in azurerm_key_vault_secret.this : key => s.name }
}

output "secret_ids" {
  description = "Ids of the secrets with their versions, by the keys of secrets."
  value       = { for key, s in azurerm_key_vault_secret.this : key => s.id }
}

output "versionless_secret_ids" {
  description = "Ids of the secrets without versions, by the keys of secrets."
  value       = { for key, s in azurerm_key_vault_secret.this : key => s.versionless_id }
}

output "secret_resource_ids" {
  description = "Resource ids of the secrets without versions, to give roles on, by the keys of secrets."
  value       = { for key, s in azurerm_key_vault_secret.this : key => s.resource_versionless_id }
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the private endpoints, by the keys of private_endpoints."
  value       = { for key, e in azurerm_private_endpoint.this : key => e.id }
}
