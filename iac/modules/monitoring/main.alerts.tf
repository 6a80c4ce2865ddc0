resource "azurerm_monitor_metric_alert" "this" {
  for_each = var.metric_alerts

  name                     = coalesce(each.value.name, "alert-${each.key}")
  resource_group_name      = var.resource_group_name
  description              = each.value.description
  scopes                   = length(each.value.scopes) > 0 ? toset(values(each.value.scopes)) : toset([local.resource_id])
  target_resource_type     = each.value.target_resource_type
  target_resource_location = each.value.target_resource_type == null ? null : var.location
  severity                 = each.value.severity
  frequency                = each.value.frequency
  window_size              = each.value.window
  auto_mitigate            = true
  enabled                  = each.value.enabled
  tags                     = var.tags

  dynamic "criteria" {
    for_each = each.value.criteria

    content {
      metric_namespace       = criteria.value.metric_namespace
      metric_name            = criteria.value.metric_name
      aggregation            = criteria.value.aggregation
      operator               = criteria.value.operator
      threshold              = criteria.value.threshold
      skip_metric_validation = criteria.value.skip_metric_validation

      dynamic "dimension" {
        for_each = criteria.value.dimensions

        content {
          name     = dimension.key
          operator = dimension.value.operator
          values   = dimension.value.values
        }
      }
    }
  }

  dynamic "dynamic_criteria" {
    for_each = each.value.dynamic_criteria == null ? [] : [each.value.dynamic_criteria]

    content {
      metric_namespace         = dynamic_criteria.value.metric_namespace
      metric_name              = dynamic_criteria.value.metric_name
      aggregation              = dynamic_criteria.value.aggregation
      operator                 = dynamic_criteria.value.operator
      alert_sensitivity        = dynamic_criteria.value.sensitivity
      evaluation_total_count   = dynamic_criteria.value.evaluation_total_count
      evaluation_failure_count = dynamic_criteria.value.evaluation_failure_count

      dynamic "dimension" {
        for_each = dynamic_criteria.value.dimensions

        content {
          name     = dimension.key
          operator = dimension.value.operator
          values   = dimension.value.values
        }
      }
    }
  }

  dynamic "action" {
    for_each = local.alert_action_groups["metric/${each.key}"]

    content {
      action_group_id = action.value
    }
  }
}

resource "azurerm_monitor_activity_log_alert" "this" {
  for_each = var.activity_log_alerts

  name                = coalesce(each.value.name, "alert-${each.key}")
  resource_group_name = var.resource_group_name
  location            = "global"
  description         = each.value.description
  scopes              = toset(values(each.value.scopes))
  enabled             = each.value.enabled
  tags                = var.tags

  criteria {
    category           = each.value.category
    operation_name     = each.value.operation_name
    levels             = each.value.levels
    statuses           = each.value.statuses
    resource_types     = each.value.resource_types
    resource_providers = each.value.resource_providers
    resource_groups    = each.value.resource_groups

    dynamic "service_health" {
      for_each = each.value.service_health == null ? [] : [each.value.service_health]

      content {
        events    = service_health.value.events
        locations = service_health.value.locations
        services  = service_health.value.services
      }
    }

    dynamic "resource_health" {
      for_each = each.value.resource_health == null ? [] : [each.value.resource_health]

      content {
        current  = resource_health.value.current
        previous = resource_health.value.previous
        reason   = resource_health.value.reason
      }
    }
  }

  dynamic "action" {
    for_each = local.alert_action_groups["activity/${each.key}"]

    content {
      action_group_id = action.value
    }
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "this" {
  for_each = var.query_alerts

  name                              = coalesce(each.value.name, "alert-${each.key}")
  location                          = var.location
  resource_group_name               = var.resource_group_name
  description                       = each.value.description
  display_name                      = coalesce(each.value.name, "alert-${each.key}")
  scopes                            = [coalesce(each.value.scope_resource_id, local.resource_id)]
  severity                          = each.value.severity
  evaluation_frequency              = each.value.frequency
  window_duration                   = each.value.window
  auto_mitigation_enabled           = each.value.mute_actions_after == null
  mute_actions_after_alert_duration = each.value.mute_actions_after
  skip_query_validation             = each.value.skip_query_validation
  enabled                           = each.value.enabled
  tags                              = var.tags

  criteria {
    query                   = each.value.query
    operator                = each.value.operator
    threshold               = each.value.threshold
    time_aggregation_method = each.value.aggregation
    metric_measure_column   = each.value.measure_column
    resource_id_column      = each.value.resource_id_column

    dynamic "dimension" {
      for_each = each.value.dimensions

      content {
        name     = dimension.key
        operator = dimension.value.operator
        values   = dimension.value.values
      }
    }

    failing_periods {
      minimum_failing_periods_to_trigger_alert = each.value.failing_periods.minimum
      number_of_evaluation_periods             = each.value.failing_periods.of
    }
  }

  action {
    action_groups = values(local.alert_action_groups["query/${each.key}"])
  }
}
