locals {
  creates = var.existing_redis == null

  existing_id_parts = local.creates ? [] : split("/", var.existing_redis.resource_id)

  instance_id = local.creates ? azurerm_managed_redis.this[0].id : var.existing_redis.resource_id

  # What the lock, role assignments and private endpoints act on. It waits for what lies within, so that
  # the lock comes last and goes first: under it nothing within could be deleted.
  resource_id = [
    local.instance_id,
    keys(azurerm_managed_redis_access_policy_assignment.this),
    length(azurerm_managed_redis_geo_replication.this),
  ][0]

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
