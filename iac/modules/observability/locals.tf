locals {
  # It waits for Grafana's role, so that the lock comes last and goes first: under
  # it the role could not be taken away.
  resource_id = [azurerm_monitor_workspace.this.id, length(azurerm_role_assignment.grafana)][0]

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
