output "name" {
  description = "Name of the access."
  value       = terrace_config.this.name
}

output "ofrep" {
  description = "Base address for providers of the OpenFeature Remote Evaluation Protocol."
  value       = terrace_config.this.ofrep
}

output "stream" {
  description = "Address of the stream of changes, as server-sent events."
  value       = terrace_config.this.stream
}

output "token" {
  description = "Reference to the token in the key vault; the value is put in where the pods start, and is in no plan or state."
  value       = "$${secret:${azurerm_key_vault_secret.this.name}}"
}

output "url" {
  description = "Address of the API of configuration."
  value       = terrace_config.this.url
}
