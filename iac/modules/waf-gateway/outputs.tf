output "resource_id" {
  description = "Resource id of the application gateway."
  value       = azurerm_application_gateway.this.id
}

output "name" {
  description = "Name of the application gateway."
  value       = azurerm_application_gateway.this.name
}

output "host" {
  description = "Where the gateway is reached: its public DNS name if it has one, else its public address, else its private one."
  value       = try(coalesce(one(azurerm_public_ip.this[*].fqdn), local.public_ip_address), local.private_ip_address)
}

output "public_ip_address" {
  description = "Public address, null without a public frontend."
  value       = local.public_ip_address
}

output "public_ip_id" {
  description = "Resource id of the public address, null without a public frontend."
  value       = one(azurerm_public_ip.this[*].id)
}

output "private_ip_address" {
  description = "Private address, null without a private frontend."
  value       = local.private_ip_address
}

output "firewall_policy_id" {
  description = "Resource id of the web application firewall's policy."
  value       = azurerm_web_application_firewall_policy.this["main"].id
}

output "firewall_policy_ids" {
  description = "Resource ids of all firewall policies: main, and those of sites by their names, of their paths by <site>-<name>."
  value       = { for key, p in azurerm_web_application_firewall_policy.this : key => p.id }
}

output "backend_pool_ids" {
  description = "Resource ids of the backend pools, by their names."
  value       = { for p in azurerm_application_gateway.this.backend_address_pool : p.name => p.id }
}

output "listener_ids" {
  description = "Resource ids of the listeners, by their names."
  value       = { for l in azurerm_application_gateway.this.http_listener : l.name => l.id }
}
