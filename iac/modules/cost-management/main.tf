data "azurerm_client_config" "current" {}

resource "azurerm_consumption_budget_subscription" "this" {
  for_each = local.subscription_budgets

  name            = coalesce(each.value.name, "${var.name}-${each.key}")
  subscription_id = local.subscription_id
  amount          = each.value.amount
  time_grain      = each.value.time_grain

  time_period {
    start_date = each.value.start_date
    end_date   = each.value.end_date
  }

  dynamic "filter" {
    for_each = length(each.value.tags) + length(each.value.dimensions) > 0 ? [each.value] : []

    content {
      dynamic "tag" {
        for_each = filter.value.tags

        content {
          name   = tag.key
          values = sort(tag.value)
        }
      }

      dynamic "dimension" {
        for_each = filter.value.dimensions

        content {
          name   = dimension.key
          values = sort(dimension.value)
        }
      }
    }
  }

  dynamic "notification" {
    for_each = each.value.notifications

    content {
      enabled        = notification.value.enabled
      operator       = notification.value.operator
      threshold      = notification.value.threshold
      threshold_type = notification.value.forecast ? "Forecasted" : "Actual"
      contact_emails = local.emails
      contact_roles  = local.roles
      contact_groups = local.action_groups
    }
  }
}

resource "azurerm_consumption_budget_resource_group" "this" {
  for_each = local.resource_group_budgets

  name              = coalesce(each.value.name, "${var.name}-${each.key}")
  resource_group_id = coalesce(each.value.resource_group_id, local.resource_group_id)
  amount            = each.value.amount
  time_grain        = each.value.time_grain

  time_period {
    start_date = each.value.start_date
    end_date   = each.value.end_date
  }

  dynamic "filter" {
    for_each = length(each.value.tags) + length(each.value.dimensions) > 0 ? [each.value] : []

    content {
      dynamic "tag" {
        for_each = filter.value.tags

        content {
          name   = tag.key
          values = sort(tag.value)
        }
      }

      dynamic "dimension" {
        for_each = filter.value.dimensions

        content {
          name   = dimension.key
          values = sort(dimension.value)
        }
      }
    }
  }

  dynamic "notification" {
    for_each = each.value.notifications

    content {
      enabled        = notification.value.enabled
      operator       = notification.value.operator
      threshold      = notification.value.threshold
      threshold_type = notification.value.forecast ? "Forecasted" : "Actual"
      contact_emails = local.emails
      contact_roles  = local.roles
      contact_groups = local.action_groups
    }
  }
}

resource "azurerm_cost_anomaly_alert" "this" {
  count = var.anomaly_alert == null ? 0 : 1

  name            = lower(coalesce(var.anomaly_alert.name, "${var.name}-anomalies"))
  display_name    = var.anomaly_alert.display_name
  subscription_id = local.subscription_id
  email_addresses = local.emails
  email_subject   = var.anomaly_alert.subject
  message         = var.anomaly_alert.message
}
