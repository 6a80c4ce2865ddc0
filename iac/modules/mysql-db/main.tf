resource "azurerm_mysql_flexible_server" "this" {
  count = local.creates ? 1 : 0

  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  create_mode                       = var.restore == null ? "Default" : var.restore.mode
  source_server_id                  = try(var.restore.source_server_resource_id, null)
  point_in_time_restore_time_in_utc = try(var.restore.point_in_time, null)

  administrator_login               = var.restore == null ? var.administrator_login : null
  administrator_password_wo         = var.administrator_password
  administrator_password_wo_version = var.administrator_password_version

  version  = var.restore == null ? var.mysql_version : null
  sku_name = var.sku_name
  zone     = var.zone

  delegated_subnet_id   = try(var.delegated_subnet.resource_id, null)
  private_dns_zone_id   = try(var.delegated_subnet.private_dns_zone_resource_id, null)
  public_network_access = var.public_network_access_enabled ? "Enabled" : "Disabled"

  backup_retention_days        = var.backup_retention_days
  geo_redundant_backup_enabled = var.geo_redundant_backup_enabled

  storage {
    size_gb             = var.storage.size_gb
    auto_grow_enabled   = var.storage.auto_grow_enabled
    io_scaling_enabled  = var.storage.io_scaling_enabled
    iops                = var.storage.iops
    log_on_disk_enabled = var.storage.log_on_disk_enabled
  }

  dynamic "high_availability" {
    for_each = local.standby_mode == null ? [] : [local.standby_mode]

    content {
      mode                      = high_availability.value
      standby_availability_zone = var.standby_zone
    }
  }

  dynamic "maintenance_window" {
    for_each = var.maintenance_window == null ? [] : [var.maintenance_window]

    content {
      day_of_week  = maintenance_window.value.day_of_week
      start_hour   = maintenance_window.value.start_hour
      start_minute = maintenance_window.value.start_minute
    }
  }

  dynamic "identity" {
    for_each = local.has_identity ? [true] : []

    content {
      type         = "UserAssigned"
      identity_ids = local.identity_ids
    }
  }

  dynamic "customer_managed_key" {
    for_each = var.customer_managed_key == null ? [] : [var.customer_managed_key]

    content {
      key_vault_key_id                     = customer_managed_key.value.key_id
      primary_user_assigned_identity_id    = customer_managed_key.value.user_assigned_identity_resource_id
      geo_backup_key_vault_key_id          = customer_managed_key.value.geo_backup_key_id
      geo_backup_user_assigned_identity_id = customer_managed_key.value.geo_backup_user_assigned_identity_resource_id
    }
  }

  lifecycle {
    # A failover swaps the zones of primary and standby; the next plan must not swap them back. What Azure does not
    # tell of a server is how it was made: one that is imported is not made anew for that.
    ignore_changes = [zone, high_availability[0].standby_availability_zone, create_mode, point_in_time_restore_time_in_utc]

    precondition {
      condition     = local.standby_mode == null || var.storage.auto_grow_enabled
      error_message = "A server with a standby needs storage that grows by itself (storage.auto_grow_enabled)."
    }
  }
}

data "azurerm_mysql_flexible_server" "existing" {
  count = local.creates ? 0 : 1

  name                = local.server_name
  resource_group_name = local.resource_group_name
}

resource "azurerm_mysql_flexible_server_configuration" "this" {
  for_each = local.parameters

  name                = each.key
  value               = each.value
  server_name         = local.server_name
  resource_group_name = local.resource_group_name

  depends_on = [azurerm_mysql_flexible_server_active_directory_administrator.this]
}

resource "azurerm_mysql_flexible_server_firewall_rule" "this" {
  for_each = var.firewall_rules

  name                = each.key
  server_name         = local.server_name
  resource_group_name = local.resource_group_name
  start_ip_address    = each.value.start_ip_address
  end_ip_address      = each.value.end_ip_address
}
