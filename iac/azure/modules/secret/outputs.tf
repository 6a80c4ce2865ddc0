output "name" {
  description = "Name of the secret in the key vault."
  value       = azurerm_key_vault_secret.this.name
}

output "value" {
  description = "Reference to the secret's value. The value itself is put in where the service starts, and is in no plan or state."
  value       = "$${secret:${azurerm_key_vault_secret.this.name}}"
}

output "version" {
  description = "Number of the value, from 1."
  value       = terrace_secret.this.version
}

output "ephemeral_value" {
  description = "The value, for write-only arguments alone."
  value       = ephemeral.terrace_secret.this.value
  ephemeral   = true
  sensitive   = true
}

output "resource_id" {
  description = "Id of the secret in the vault, without its version."
  value       = azurerm_key_vault_secret.this.versionless_id
}
