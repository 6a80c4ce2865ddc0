output "name_prefix" {
  description = "First part of the names of this stage's resources."
  value       = local.name_prefix
}

output "location" {
  description = "Region of the stage."
  value       = var.location
}

output "tenant_id" {
  description = "Tenant of the stage's identities."
  value       = data.azurerm_client_config.current.tenant_id
}

output "tags" {
  description = "Tags that every resource has: costcenter, env, owner and whatever else was given."
  value       = local.tags
}

output "resource_group_names" {
  description = "Names of the resource groups network, platform and data."
  value       = { for key, g in azurerm_resource_group.this : key => g.name }
}

output "virtual_network_id" {
  description = "Resource id of the network."
  value       = module.network.resource_id
}

output "subnet_ids" {
  description = "Resource ids of the subnets aks, private_endpoints, gateway, apim, mysql, portal and api_server."
  value       = module.network.subnet_ids
}

output "private_dns_zone_ids" {
  description = "Resource ids of the private DNS zones, by the service whose private endpoints are registered there."
  value       = local.private_dns_zone_ids
}

output "workload_dns_zone" {
  description = "Private DNS zone of the stage's workloads: id and name."
  value       = { id = module.dns.zone_ids["workloads"], name = module.dns.zone_names["workloads"] }
}

output "log_analytics_workspace_id" {
  description = "Resource id of the workspace that all logs go to."
  value       = module.monitoring.resource_id
}

output "key_vault" {
  description = "Key vault of the platform and its workloads: id, name and uri."
  value       = { id = module.keyvault.resource_id, name = module.keyvault.name, uri = module.keyvault.uri }
}

output "identity_ids" {
  description = "Resource ids of the platform's identities."
  value       = module.identity.resource_ids
}

output "aks" {
  description = "Kubernetes cluster: id, name, oidc_issuer_url and fqdn."
  value = {
    id              = module.aks.resource_id
    name            = module.aks.name
    oidc_issuer_url = module.aks.oidc_issuer_url
    fqdn            = module.aks.fqdn
  }
}

output "kubernetes" {
  description = "Where workloads run: the prefix of their namespaces, <project>-<stage>, is theirs; namespace is the platform's own."
  value       = { namespace = local.platform_namespace, cluster = module.aks.name }
}

output "gitops" {
  description = "Git repository that the cluster follows: its address and branch, and the folder of the workloads."
  value       = { repository = var.gitops.repository, branch = var.gitops.branch, path = "workloads/${var.stage}" }
}

output "api_management" {
  description = "API management: id, name, gateway_url and resource_group_name."
  value = {
    id                  = module.api_management.resource_id
    name                = module.api_management.name
    gateway_url         = module.api_management.gateway_url
    resource_group_name = azurerm_resource_group.this["platform"].name
  }
}

output "gateway" {
  description = "Application gateway: id, and host, the name that clients use."
  value       = { id = module.gateway.resource_id, host = module.gateway.host }
}

output "container_registry" {
  description = "Container registry: id and login_server."
  value       = { id = module.portal.container_registry_id, login_server = module.portal.container_registry_login_server }
}

output "service_bus_namespace" {
  description = "Service Bus namespace: id, name and host."
  value       = { id = module.service_bus.resource_id, name = module.service_bus.name, host = module.service_bus.host }
}

output "event_hub_namespace" {
  description = "Event Hubs namespace: id, name and host; Kafka is at port 9093."
  value       = { id = module.eventing.resource_id, name = module.eventing.name, host = module.eventing.host }
}

output "mysql_server" {
  description = "MySQL server: id, name and fqdn."
  value       = { id = module.mysql.resource_id, name = module.mysql.name, fqdn = module.mysql.host }
}

output "redis" {
  description = "Managed Redis: id, host and port."
  value       = { id = module.redis.resource_id, host = module.redis.host, port = module.redis.port }
}

output "cosmos_account" {
  description = "Cosmos DB account: id, name and endpoint."
  value       = { id = module.cosmos.resource_id, name = module.cosmos.name, endpoint = module.cosmos.endpoint }
}
