output "client_id" {
  description = "Client id of the application: what a sign-in names."
  value       = azuread_application.this.client_id
}

output "object_id" {
  description = "Object id of the application's service principal."
  value       = azuread_service_principal.this.object_id
}
