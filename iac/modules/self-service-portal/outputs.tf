output "resource_id" {
  description = "Id of the container registry."
  value       = azurerm_container_registry.this.id
}

output "name" {
  description = "Name of the container registry."
  value       = azurerm_container_registry.this.name
}

output "container_registry_id" {
  description = "Id of the container registry."
  value       = azurerm_container_registry.this.id
}

output "container_registry_login_server" {
  description = "Host name of the container registry."
  value       = azurerm_container_registry.this.login_server
}

output "environment_id" {
  description = "Id of the environment; null where there is none."
  value       = one(azurerm_container_app_environment.this[*].id)
}

output "environment_domain" {
  description = "Domain of the environment's apps, and the private address that it must resolve to; null where there is none."
  value       = one([for e in azurerm_container_app_environment.this : { domain = e.default_domain, ip_address = e.static_ip_address }])
}

output "host" {
  description = "Host name of the portal; null where there is none."
  value       = one([for app in azurerm_container_app.portal : app.ingress[0].fqdn])
}

output "url" {
  description = "Address of the portal; null where there is none."
  value       = one([for app in azurerm_container_app.portal : "https://${app.ingress[0].fqdn}"])
}
