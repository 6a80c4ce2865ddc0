output "key_vault_resource_id" {
  description = "Resource id of the vault that keeps the certificates."
  value       = var.key_vault.resource_id
}

output "names" {
  description = "Names of the certificates, by the keys of certificates."
  value       = { for key, c in azurerm_key_vault_certificate.this : key => c.name }
}

output "certificate_ids" {
  description = "Ids of the certificates with their versions, by the keys of certificates."
  value       = { for key, c in azurerm_key_vault_certificate.this : key => c.id }
}

output "versionless_certificate_ids" {
  description = "Ids of the certificates without versions, by the keys of certificates."
  value       = { for key, c in azurerm_key_vault_certificate.this : key => c.versionless_id }
}

output "versionless_secret_ids" {
  description = "Ids, without versions, of the secrets that hold the certificates, for services that follow renewal, by the keys of certificates."
  value       = { for key, c in azurerm_key_vault_certificate.this : key => c.versionless_secret_id }
}

output "certificate_resource_ids" {
  description = "Resource ids of the certificates without versions, to give roles on, by the keys of certificates."
  value       = { for key, c in azurerm_key_vault_certificate.this : key => c.resource_manager_versionless_id }
}

output "thumbprints" {
  description = "SHA-1 thumbprints of the certificates, by the keys of certificates."
  value       = { for key, c in azurerm_key_vault_certificate.this : key => c.thumbprint }
}

output "issuer_ids" {
  description = "Ids of the issuers, by the keys of issuers."
  value       = { for key, i in azurerm_key_vault_certificate_issuer.this : key => i.id }
}

output "event_topic_principal_id" {
  description = "Principal id of the system topic's identity, which needs the right to send to the destinations; null without expiry_events."
  value       = try(azurerm_eventgrid_system_topic.this[0].identity[0].principal_id, null)
}
