locals {
  creates = var.existing_redis == null

  existing_id_parts = local.creates ? [] : split("/", var.existing_redis.resource_id)

  instance_id = local.creates ? azurerm_managed_redis.this[0].id : var.existing_redis.resource_id

  # What the lock, role assignments and private endpoints act on.
  resource_id = local.instance_id

  diagnostic_log_groups        = toset([])
  diagnostic_metrics           = toset(["AllMetrics"])
  private_endpoint_subresource = "redisEnterprise"

  identity_ids = toset(compact(concat(
    values(var.managed_identities.user_assigned_resource_ids),
    [try(var.customer_managed_key.user_assigned_identity_resource_id, null)],
  )))
  has_user_assigned_identity = length(var.managed_identities.user_assigned_resource_ids) > 0 || var.customer_managed_key != null

  identity_type = join(", ", compact([
    var.managed_identities.system_assigned ? "SystemAssigned" : "",
    local.has_user_assigned_identity ? "UserAssigned" : "",
  ]))

  database = local.creates ? azurerm_managed_redis.this[0].default_database[0] : data.azurerm_managed_redis.existing[0].default_database[0]
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_key_vault_secret.access_key,
    azurerm_managed_redis.this,
    azurerm_managed_redis_access_policy_assignment.this,
    azurerm_managed_redis_geo_replication.this,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.access_key_reader,
    azurerm_role_assignment.this,
  ]
}
