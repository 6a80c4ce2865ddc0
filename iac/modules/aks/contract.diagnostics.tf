variable "diagnostic_settings" {
  type = map(object({
    name                           = optional(string)
    workspace_resource_id          = optional(string)
    storage_account_resource_id    = optional(string)
    event_hub_authorization_id     = optional(string)
    event_hub_name                 = optional(string)
    log_groups                     = optional(set(string))
    log_categories                 = optional(set(string), [])
    metric_categories              = optional(set(string))
    log_analytics_destination_type = optional(string)
  }))
  description = "Where logs and metrics of the main resource go, by keys of your choice. Without log_groups and log_categories it is everything that the service has."
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for s in var.diagnostic_settings : s.workspace_resource_id != null || s.storage_account_resource_id != null || s.event_hub_authorization_id != null
    ])
    error_message = "Each diagnostic setting needs a destination: workspace_resource_id, storage_account_resource_id or event_hub_authorization_id."
  }
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = var.diagnostic_settings

  name                           = coalesce(each.value.name, "diag-${each.key}")
  target_resource_id             = local.resource_id
  log_analytics_workspace_id     = each.value.workspace_resource_id
  log_analytics_destination_type = each.value.log_analytics_destination_type
  storage_account_id             = each.value.storage_account_resource_id
  eventhub_authorization_rule_id = each.value.event_hub_authorization_id
  eventhub_name                  = each.value.event_hub_name

  dynamic "enabled_log" {
    for_each = each.value.log_groups != null ? each.value.log_groups : length(each.value.log_categories) > 0 ? toset([]) : local.diagnostic_log_groups

    content {
      category_group = enabled_log.value
    }
  }

  dynamic "enabled_log" {
    for_each = each.value.log_categories

    content {
      category = enabled_log.value
    }
  }

  dynamic "enabled_metric" {
    for_each = each.value.metric_categories != null ? each.value.metric_categories : local.diagnostic_metrics

    content {
      category = enabled_metric.value
    }
  }
}
