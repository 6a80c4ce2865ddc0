locals {
  resource_id = azurerm_monitor_workspace.this.id

  private_endpoint_subresource = "prometheusMetrics"

  grafana_user_assigned = try(length(var.grafana.user_assigned_identity_resource_ids) > 0, false)

  private_link_scope_parts = var.private_link_scope == null ? [] : split("/", var.private_link_scope.resource_id)

  rule_groups = merge({ for key, group in local.default_rule_groups : key => group if var.default_rules_enabled }, var.rule_groups)

  cluster_rule_groups = merge([
    for cluster_key, cluster in var.clusters : {
      for group_key, group in local.rule_groups : "${cluster_key}/${group_key}" => { cluster = cluster, cluster_key = cluster_key, group_key = group_key, group = group }
    }
  ]...)
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_dashboard_grafana.this,
    azurerm_dashboard_grafana_managed_private_endpoint.this,
    azurerm_monitor_alert_prometheus_rule_group.this,
    azurerm_monitor_data_collection_endpoint.this,
    azurerm_monitor_data_collection_rule.logs,
    azurerm_monitor_data_collection_rule.metrics,
    azurerm_monitor_data_collection_rule_association.endpoint,
    azurerm_monitor_data_collection_rule_association.logs,
    azurerm_monitor_data_collection_rule_association.metrics,
    azurerm_monitor_private_link_scoped_service.this,
    azurerm_monitor_workspace.this,
    azurerm_private_endpoint.grafana,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.grafana,
    azurerm_role_assignment.grafana_users,
    azurerm_role_assignment.this,
  ]
}
