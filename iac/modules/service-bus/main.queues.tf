resource "azurerm_servicebus_queue" "this" {
  for_each = var.queues

  name         = local.queue_names[each.key]
  namespace_id = local.namespace_id

  lock_duration                           = each.value.lock_duration
  max_delivery_count                      = each.value.max_delivery_count
  max_size_in_megabytes                   = each.value.max_size_in_megabytes
  max_message_size_in_kilobytes           = each.value.max_message_size_in_kilobytes
  default_message_ttl                     = local.queue_lifetimes[each.key]
  auto_delete_on_idle                     = each.value.auto_delete_on_idle
  dead_lettering_on_message_expiration    = each.value.dead_lettering_on_message_expiration
  requires_session                        = each.value.requires_session
  requires_duplicate_detection            = each.value.requires_duplicate_detection
  duplicate_detection_history_time_window = each.value.duplicate_detection_history_time_window
  batched_operations_enabled              = each.value.batched_operations_enabled
  partitioning_enabled                    = coalesce(each.value.partitioning_enabled, local.partitioned)
  forward_to                              = each.value.forward_to
  forward_dead_lettered_messages_to       = each.value.forward_dead_lettered_messages_to

  depends_on = [azurerm_servicebus_topic.this]
}

resource "azurerm_role_assignment" "queue" {
  for_each = local.queue_role_assignments

  scope                = azurerm_servicebus_queue.this[each.value.queue_key].id
  role_definition_name = each.value.role_definition_name
  principal_id         = each.value.principal_id
  principal_type       = each.value.principal_type
}
