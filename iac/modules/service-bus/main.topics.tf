resource "azurerm_servicebus_topic" "this" {
  for_each = var.topics

  name         = local.topic_names[each.key]
  namespace_id = local.namespace_id

  max_size_in_megabytes                   = each.value.max_size_in_megabytes
  max_message_size_in_kilobytes           = each.value.max_message_size_in_kilobytes
  default_message_ttl                     = local.topic_lifetimes[each.key]
  auto_delete_on_idle                     = each.value.auto_delete_on_idle
  requires_duplicate_detection            = each.value.requires_duplicate_detection
  duplicate_detection_history_time_window = each.value.duplicate_detection_history_time_window
  batched_operations_enabled              = each.value.batched_operations_enabled
  partitioning_enabled                    = coalesce(each.value.partitioning_enabled, local.partitioned)
  support_ordering                        = each.value.support_ordering
}

resource "azurerm_servicebus_subscription" "this" {
  for_each = local.subscriptions

  name     = each.value.name
  topic_id = azurerm_servicebus_topic.this[each.value.topic_key].id

  lock_duration                             = each.value.lock_duration
  max_delivery_count                        = each.value.max_delivery_count
  default_message_ttl                       = each.value.default_message_ttl
  auto_delete_on_idle                       = each.value.auto_delete_on_idle
  dead_lettering_on_message_expiration      = each.value.dead_lettering_on_message_expiration
  dead_lettering_on_filter_evaluation_error = each.value.dead_lettering_on_filter_evaluation_error
  batched_operations_enabled                = each.value.batched_operations_enabled
  requires_session                          = each.value.requires_session
  forward_to                                = each.value.forward_to
  forward_dead_lettered_messages_to         = each.value.forward_dead_lettered_messages_to

  depends_on = [azurerm_servicebus_queue.this]
}

resource "azurerm_servicebus_subscription_rule" "this" {
  for_each = local.rules

  name            = each.value.name
  subscription_id = azurerm_servicebus_subscription.this[each.value.subscription_key].id
  filter_type     = each.value.sql_filter == null ? "CorrelationFilter" : "SqlFilter"
  sql_filter      = each.value.sql_filter
  action          = each.value.action

  dynamic "correlation_filter" {
    for_each = each.value.correlation_filter == null ? [] : [each.value.correlation_filter]

    content {
      content_type        = correlation_filter.value.content_type
      correlation_id      = correlation_filter.value.correlation_id
      label               = correlation_filter.value.label
      message_id          = correlation_filter.value.message_id
      reply_to            = correlation_filter.value.reply_to
      reply_to_session_id = correlation_filter.value.reply_to_session_id
      session_id          = correlation_filter.value.session_id
      to                  = correlation_filter.value.to
      properties          = correlation_filter.value.properties
    }
  }
}

resource "azurerm_role_assignment" "topic" {
  for_each = local.topic_role_assignments

  scope                = azurerm_servicebus_topic.this[each.value.topic_key].id
  role_definition_name = each.value.role_definition_name
  principal_id         = each.value.principal_id
  principal_type       = each.value.principal_type
}
