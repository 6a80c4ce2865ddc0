resource "azurerm_monitor_alert_prometheus_rule_group" "this" {
  for_each = local.cluster_rule_groups

  name                = "prom-${var.name}-${each.value.cluster_key}-${each.value.group_key}"
  location            = var.location
  resource_group_name = var.resource_group_name
  cluster_name        = each.value.cluster.name
  description         = "Rules ${each.value.group_key} for the cluster ${each.value.cluster.name}."
  interval            = each.value.group.interval
  rule_group_enabled  = true
  scopes              = [azurerm_monitor_workspace.this.id, each.value.cluster.resource_id]
  tags                = var.tags

  dynamic "rule" {
    for_each = each.value.group.rules

    content {
      record      = try(rule.value.record, null)
      alert       = try(rule.value.alert, null)
      expression  = rule.value.expression
      enabled     = true
      for         = try(rule.value.for, null)
      severity    = try(rule.value.alert, null) == null ? null : try(coalesce(rule.value.severity), 3)
      labels      = try(rule.value.labels, null)
      annotations = try(rule.value.annotations, null)

      dynamic "alert_resolution" {
        for_each = try(rule.value.alert, null) == null ? [] : [true]

        content {
          auto_resolved   = true
          time_to_resolve = "PT10M"
        }
      }

      dynamic "action" {
        for_each = try(rule.value.alert, null) == null ? {} : var.action_group_resource_ids

        content {
          action_group_id = action.value
        }
      }
    }
  }
}
