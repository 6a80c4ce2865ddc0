output "resource_id" {
  description = "Resource id of the service."
  value       = local.resource_id
}

output "name" {
  description = "Name of the service."
  value       = local.service_name
}

output "resource_group_name" {
  description = "Resource group of the service."
  value       = local.resource_group_name
}

output "gateway_url" {
  description = "URL of the service's gateway."
  value       = local.gateway_url
}

output "gateway_host" {
  description = "Host name of the service's gateway."
  value       = try(regex("^https?://([^/:]+)", local.gateway_url)[0], local.gateway_url)
}

output "host" {
  description = "Host name at which the APIs are: the first host name of your own of the gateway, else the gateway's."
  value       = local.host
}

output "url" {
  description = "URL of the only API, null when there are several or none; see api_urls."
  value       = length(var.apis) == 1 ? one(values(local.api_urls)) : null
}

output "api_urls" {
  description = "URLs of the APIs, by the keys of apis."
  value       = local.api_urls
}

output "api_ids" {
  description = "Resource ids of the APIs, by the keys of apis."
  value       = { for key, a in azurerm_api_management_api.this : key => a.id }
}

output "product_ids" {
  description = "Resource ids of the products, by the keys of products."
  value       = { for key, p in azurerm_api_management_product.this : key => p.id }
}

output "backend_ids" {
  description = "Resource ids of the backends, by the keys of backends."
  value       = { for key, b in azurerm_api_management_backend.this : key => b.id }
}

output "named_value_ids" {
  description = "Resource ids of the named values, by the keys of named_values."
  value       = { for key, v in azurerm_api_management_named_value.this : key => v.id }
}

output "subscription_ids" {
  description = "Resource ids of the subscriptions, by the keys of subscriptions."
  value       = { for key, s in azurerm_api_management_subscription.this : key => s.id }
}

output "private_ip_addresses" {
  description = "Private addresses of a service that is in a virtual network."
  value       = local.creates ? azurerm_api_management.this[0].private_ip_addresses : data.azurerm_api_management.existing[0].private_ip_addresses
}

output "system_assigned_principal_id" {
  description = "Principal id of the system-assigned identity, null without one."
  value       = try(azurerm_api_management.this[0].identity[0].principal_id, null)
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the private endpoints, by the keys of private_endpoints."
  value       = { for key, e in azurerm_private_endpoint.this : key => e.id }
}
