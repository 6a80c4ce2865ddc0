locals {
  subscription_budgets   = { for key, budget in var.budgets : key => budget if budget.resource_group == null }
  resource_group_budgets = { for key, budget in var.budgets : key => budget if budget.resource_group != null }
}

resource "azurerm_consumption_budget_subscription" "this" {
  for_each = local.subscription_budgets

  name            = coalesce(each.value.name, "${var.name}-${each.key}")
  subscription_id = var.subscription_id
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
          values = tag.value
        }
      }

      dynamic "dimension" {
        for_each = filter.value.dimensions

        content {
          name   = dimension.key
          values = dimension.value
        }
      }
    }
  }

  dynamic "notification" {
    for_each = each.value.thresholds

    content {
      enabled        = true
      operator       = "GreaterThanOrEqualTo"
      threshold      = notification.value.percent
      threshold_type = notification.value.type
      contact_emails = each.value.contact_emails
      contact_roles  = each.value.contact_roles
      contact_groups = values(each.value.contact_groups)
    }
  }
}

resource "azurerm_consumption_budget_resource_group" "this" {
  for_each = local.resource_group_budgets

  name              = coalesce(each.value.name, "${var.name}-${each.key}")
  resource_group_id = each.value.resource_group.resource_id
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
          values = tag.value
        }
      }

      dynamic "dimension" {
        for_each = filter.value.dimensions

        content {
          name   = dimension.key
          values = dimension.value
        }
      }
    }
  }

  dynamic "notification" {
    for_each = each.value.thresholds

    content {
      enabled        = true
      operator       = "GreaterThanOrEqualTo"
      threshold      = notification.value.percent
      threshold_type = notification.value.type
      contact_emails = each.value.contact_emails
      contact_roles  = each.value.contact_roles
      contact_groups = values(each.value.contact_groups)
    }
  }
}

resource "azurerm_cost_anomaly_alert" "this" {
  count = var.anomaly_alert == null ? 0 : 1

  name            = coalesce(var.anomaly_alert.name, lower("${var.name}-anomaly"))
  display_name    = var.anomaly_alert.display_name
  subscription_id = var.subscription_id
  email_addresses = var.anomaly_alert.email_addresses
  email_subject   = var.anomaly_alert.email_subject
  message         = var.anomaly_alert.message
}
