output "resource_id" {
  description = "Resource id of the Log Analytics workspace."
  value       = azurerm_log_analytics_workspace.this.id
}

output "name" {
  description = "Name of the workspace."
  value       = azurerm_log_analytics_workspace.this.name
}

output "workspace_id" {
  description = "Customer id of the workspace, a GUID: what agents and queries name it by."
  value       = azurerm_log_analytics_workspace.this.workspace_id
}

output "application_insights_resource_ids" {
  description = "Resource ids of the Application Insights components, by the keys of application_insights."
  value       = { for key, component in azurerm_application_insights.this : key => component.id }
}

output "application_insights_app_ids" {
  description = "Application ids of the components, by the keys of application_insights."
  value       = { for key, component in azurerm_application_insights.this : key => component.app_id }
}

output "action_group_resource_ids" {
  description = "Resource ids of the action groups, by the keys of action_groups."
  value       = local.action_group_ids
}

output "metric_alert_resource_ids" {
  description = "Resource ids of the metric alerts, by the keys of metric_alerts."
  value       = { for key, alert in azurerm_monitor_metric_alert.this : key => alert.id }
}

output "activity_log_alert_resource_ids" {
  description = "Resource ids of the activity log alerts, by the keys of activity_log_alerts."
  value       = { for key, alert in azurerm_monitor_activity_log_alert.this : key => alert.id }
}

output "query_alert_resource_ids" {
  description = "Resource ids of the query alerts, by the keys of query_alerts."
  value       = { for key, alert in azurerm_monitor_scheduled_query_rules_alert_v2.this : key => alert.id }
}

output "private_link_scope_resource_id" {
  description = "Resource id of the private link scope, null without one."
  value       = try(azurerm_monitor_private_link_scope.this[0].id, null)
}

output "private_endpoint_resource_ids" {
  description = "Resource ids of the private endpoints, by the keys of private_endpoints."
  value       = { for key, endpoint in azurerm_private_endpoint.this : key => endpoint.id }
}

output "system_assigned_principal_id" {
  description = "Principal id of the workspace's system-assigned identity, null without one."
  value       = try(azurerm_log_analytics_workspace.this.identity[0].principal_id, null)
}
