locals {
  creates = var.existing_server == null

  existing_id_parts = local.creates ? [] : split("/", var.existing_server.resource_id)

  server_id           = local.creates ? azurerm_mysql_flexible_server.this[0].id : var.existing_server.resource_id
  server_name         = local.creates ? azurerm_mysql_flexible_server.this[0].name : local.existing_id_parts[8]
  resource_group_name = local.creates ? var.resource_group_name : local.existing_id_parts[4]

  # What the lock, role assignments and private endpoints act on.
  resource_id = local.server_id

  diagnostic_log_groups        = toset(["allLogs"])
  diagnostic_metrics           = toset(["AllMetrics"])
  private_endpoint_subresource = "mysqlServer"

  database_names = { for key, d in var.databases : key => coalesce(d.name, local.creates ? key : "${var.name}-${key}") }

  identity_ids = toset(compact(concat(
    values(var.managed_identities.user_assigned_resource_ids),
    [
      try(var.customer_managed_key.user_assigned_identity_resource_id, null),
      try(var.customer_managed_key.geo_backup_user_assigned_identity_resource_id, null),
      try(var.entra_administrator.user_assigned_identity_resource_id, null),
    ],
  )))
  has_identity = length(var.managed_identities.user_assigned_resource_ids) > 0 || var.customer_managed_key != null || var.entra_administrator != null

  standby_mode = var.zone_redundant ? "ZoneRedundant" : var.same_zone_standby_enabled ? "SameZone" : null

  parameters = local.creates ? merge(
    {
      audit_log_enabled = "ON"
      audit_log_events  = "ADMIN,CONNECTION,DCL,DDL"
    },
    var.parameters,
    {
      require_secure_transport = "ON"
      tls_version              = "TLSv1.2,TLSv1.3"
    },
    var.entra_administrator == null ? {} : { aad_auth_only = var.password_authentication_enabled ? "OFF" : "ON" },
  ) : {}
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_key_vault_secret.administrator_password,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_mysql_flexible_database.this,
    azurerm_mysql_flexible_server.this,
    azurerm_mysql_flexible_server_active_directory_administrator.this,
    azurerm_mysql_flexible_server_configuration.this,
    azurerm_mysql_flexible_server_firewall_rule.this,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.this,
  ]
}
