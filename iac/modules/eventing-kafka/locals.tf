locals {
  creates = var.existing_namespace == null

  existing_id_parts = local.creates ? [] : split("/", var.existing_namespace.resource_id)

  namespace_id        = local.creates ? azurerm_eventhub_namespace.this[0].id : var.existing_namespace.resource_id
  namespace_name      = local.creates ? azurerm_eventhub_namespace.this[0].name : local.existing_id_parts[8]
  resource_group_name = local.creates ? var.resource_group_name : local.existing_id_parts[4]

  # The namespace's host is told nowhere but in its connection string, of which it is no secret part.
  connection_string = local.creates ? azurerm_eventhub_namespace.this[0].default_primary_connection_string : data.azurerm_eventhub_namespace.existing[0].default_primary_connection_string
  host              = nonsensitive(try(regex("sb://([^:/;]+)", local.connection_string)[0], "${local.namespace_name}.servicebus.windows.net"))

  # What the lock, role assignments and private endpoints act on.
  resource_id = local.namespace_id

  diagnostic_log_groups        = toset(["allLogs"])
  diagnostic_metrics           = toset(["AllMetrics"])
  private_endpoint_subresource = "namespace"

  has_user_assigned_identity = length(var.managed_identities.user_assigned_resource_ids) > 0 || var.customer_managed_key != null
  identity_ids = toset(compact(concat(
    values(var.managed_identities.user_assigned_resource_ids),
    [try(var.customer_managed_key.user_assigned_identity_resource_id, null)],
  )))
  identity_type = join(", ", compact([
    var.managed_identities.system_assigned ? "SystemAssigned" : "",
    local.has_user_assigned_identity ? "UserAssigned" : "",
  ]))

  prefix             = local.creates ? "" : "${var.name}-"
  event_hub_names    = { for key, h in var.event_hubs : key => coalesce(h.name, "${local.prefix}${key}") }
  schema_group_names = { for key, g in var.schema_groups : key => coalesce(g.name, "${local.prefix}${key}") }

  consumer_groups = merge([
    for hub_key, h in var.event_hubs : {
      for key, g in h.consumer_groups : "${hub_key}/${key}" => { hub_key = hub_key, name = coalesce(g.name, key), user_metadata = g.user_metadata }
    }
  ]...)

  hub_role_assignments = merge([
    for hub_key, h in var.event_hubs : { for key, a in h.role_assignments : "${hub_key}/${key}" => merge(a, { hub_key = hub_key }) }
  ]...)

  topic_subscriptions = merge([
    for topic_key, t in var.event_grid_topics : {
      for key, s in t.subscriptions : "${topic_key}/${key}" => merge(s, { topic_key = topic_key, name = key, schema = t.input_schema })
    }
  ]...)

  system_topic_subscriptions = merge([
    for topic_key, t in var.event_grid_system_topics : {
      for key, s in t.subscriptions : "${topic_key}/${key}" => merge(s, { topic_key = topic_key, name = key })
    }
  ]...)

  # Two subscriptions of one topic to one event hub need the right to send but once.
  topic_hubs        = { for s in local.topic_subscriptions : "${s.topic_key}/${s.event_hub_key}" => { topic_key = s.topic_key, hub_key = s.event_hub_key }... }
  system_topic_hubs = { for s in local.system_topic_subscriptions : "${s.topic_key}/${s.event_hub_key}" => { topic_key = s.topic_key, hub_key = s.event_hub_key }... }
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_eventgrid_event_subscription.this,
    azurerm_eventgrid_system_topic.this,
    azurerm_eventgrid_system_topic_event_subscription.this,
    azurerm_eventgrid_topic.this,
    azurerm_eventhub.this,
    azurerm_eventhub_consumer_group.this,
    azurerm_eventhub_namespace.this,
    azurerm_eventhub_namespace_customer_managed_key.this,
    azurerm_eventhub_namespace_schema_group.this,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_private_endpoint.event_grid_topic,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.event_grid_system_topic,
    azurerm_role_assignment.event_grid_topic,
    azurerm_role_assignment.event_hub,
    azurerm_role_assignment.this,
  ]
}
