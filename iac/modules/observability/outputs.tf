output "resource_id" {
  description = "Resource id of the Azure Monitor workspace."
  value       = azurerm_monitor_workspace.this.id
}

output "name" {
  description = "Name of the workspace."
  value       = azurerm_monitor_workspace.this.name
}

output "query_endpoint" {
  description = "Address that Prometheus queries go to."
  value       = azurerm_monitor_workspace.this.query_endpoint
}

output "grafana" {
  description = "Grafana: resource_id, endpoint, and principal_id of its system-assigned identity; null without one."
  value = var.grafana == null ? null : {
    resource_id  = azurerm_dashboard_grafana.this[0].id
    endpoint     = azurerm_dashboard_grafana.this[0].endpoint
    principal_id = try(azurerm_dashboard_grafana.this[0].identity[0].principal_id, null)
  }
}

output "data_collection_endpoint_resource_id" {
  description = "Resource id of the data collection endpoint."
  value       = azurerm_monitor_data_collection_endpoint.this.id
}

output "data_collection_rule_resource_ids" {
  description = "Resource ids of the data collection rules: metrics, and logs where containers' logs are collected."
  value = merge(
    { metrics = azurerm_monitor_data_collection_rule.metrics.id },
    { for rule in azurerm_monitor_data_collection_rule.logs : "logs" => rule.id },
  )
}

output "rule_group_resource_ids" {
  description = "Resource ids of the Prometheus rule groups, by <key of cluster>/<key of group>."
  value       = { for key, group in azurerm_monitor_alert_prometheus_rule_group.this : key => group.id }
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the workspace's private endpoints, by the keys of private_endpoints."
  value       = { for key, endpoint in azurerm_private_endpoint.this : key => endpoint.id }
}

output "grafana_private_endpoint_resource_ids" {
  description = "Resource ids of Grafana's private endpoints, by their keys."
  value       = { for key, endpoint in azurerm_private_endpoint.grafana : key => endpoint.id }
}
