locals {
  creates = var.existing_namespace == null

  existing_id_parts = local.creates ? [] : split("/", var.existing_namespace.resource_id)

  namespace_id   = local.creates ? azurerm_servicebus_namespace.this[0].id : var.existing_namespace.resource_id
  namespace_name = local.creates ? azurerm_servicebus_namespace.this[0].name : local.existing_id_parts[8]
  endpoint       = local.creates ? azurerm_servicebus_namespace.this[0].endpoint : data.azurerm_servicebus_namespace.existing[0].endpoint
  partitioned    = local.creates ? var.sku == "Premium" && var.premium_messaging_partitions > 1 : data.azurerm_servicebus_namespace.existing[0].premium_messaging_partitions > 1

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

  has_network_rules = length(var.network_rules.ip_rules) + length(var.network_rules.subnet_resource_ids) > 0

  prefix      = local.creates ? "" : "${var.name}-"
  queue_names = { for key, q in var.queues : key => coalesce(q.name, "${local.prefix}${key}") }
  topic_names = { for key, t in var.topics : key => coalesce(t.name, "${local.prefix}${key}") }

  # As Service Bus tells a duration back: whole days apart from hours. In any other form each plan would change it.
  queue_lifetimes = { for key, q in var.queues : key => q.retention_hours == null ? q.default_message_ttl : join("", compact([
    "P", q.retention_hours < 24 ? "" : "${floor(q.retention_hours / 24)}D", q.retention_hours % 24 == 0 ? "" : "T${q.retention_hours % 24}H",
  ])) }
  topic_lifetimes = { for key, t in var.topics : key => t.retention_hours == null ? t.default_message_ttl : join("", compact([
    "P", t.retention_hours < 24 ? "" : "${floor(t.retention_hours / 24)}D", t.retention_hours % 24 == 0 ? "" : "T${t.retention_hours % 24}H",
  ])) }

  subscriptions = merge([
    for topic_key, t in var.topics : {
      for key, s in t.subscriptions : "${topic_key}/${key}" => merge(s, { topic_key = topic_key, name = coalesce(s.name, key) })
    }
  ]...)

  rules = merge([
    for subscription_key, s in local.subscriptions : {
      for name, r in s.rules : "${subscription_key}/${name}" => merge(r, { subscription_key = subscription_key, name = name })
    }
  ]...)

  queue_role_assignments = merge([
    for queue_key, q in var.queues : { for key, a in q.role_assignments : "${queue_key}/${key}" => merge(a, { queue_key = queue_key }) }
  ]...)

  topic_role_assignments = merge([
    for topic_key, t in var.topics : { for key, a in t.role_assignments : "${topic_key}/${key}" => merge(a, { topic_key = topic_key }) }
  ]...)
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_monitor_diagnostic_setting.this,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.queue,
    azurerm_role_assignment.this,
    azurerm_role_assignment.topic,
    azurerm_servicebus_namespace.this,
    azurerm_servicebus_queue.this,
    azurerm_servicebus_subscription.this,
    azurerm_servicebus_subscription_rule.this,
    azurerm_servicebus_topic.this,
  ]
}
