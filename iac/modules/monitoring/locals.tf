locals {
  resource_id = azurerm_log_analytics_workspace.this.id

  diagnostic_log_groups = toset(["allLogs"])
  diagnostic_metrics    = toset(["AllMetrics"])

  public_access = var.public_network_access_enabled ? "Enabled" : "Disabled"

  identity_type = var.managed_identities.system_assigned ? "SystemAssigned" : length(var.managed_identities.user_assigned_resource_ids) > 0 ? "UserAssigned" : ""

  action_group_ids = { for key, g in azurerm_monitor_action_group.this : key => g.id }

  # Whom an alert tells: the module's action groups that it names, or all of them, and groups from elsewhere.
  alert_action_groups = merge([
    for kind, alerts in { metric = var.metric_alerts, activity = var.activity_log_alerts, query = var.query_alerts } : {
      for key, alert in alerts : "${kind}/${key}" => merge(
        { for group in(alert.action_groups == null ? keys(var.action_groups) : alert.action_groups) : group => local.action_group_ids[group] },
        alert.action_group_resource_ids,
      )
    }
  ]...)

  scoped_services = merge(
    { workspace = local.resource_id },
    { for key, component in azurerm_application_insights.this : "insights-${key}" => component.id },
    var.private_link_scope == null ? {} : var.private_link_scope.linked_resource_ids,
  )
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_application_insights.this,
    azurerm_log_analytics_workspace.this,
    azurerm_log_analytics_workspace_table.this,
    azurerm_monitor_action_group.this,
    azurerm_monitor_activity_log_alert.this,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_monitor_metric_alert.this,
    azurerm_monitor_private_link_scope.this,
    azurerm_monitor_private_link_scoped_service.this,
    azurerm_monitor_scheduled_query_rules_alert_v2.this,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.this,
  ]
}
