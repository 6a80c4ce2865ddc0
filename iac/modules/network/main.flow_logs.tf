resource "azurerm_network_watcher" "this" {
  count = try(var.flow_logs.network_watcher.create, false) ? 1 : 0

  name                = local.network_watcher.name
  location            = var.location
  resource_group_name = local.network_watcher.resource_group_name
  tags                = var.tags
}

resource "azurerm_network_watcher_flow_log" "this" {
  count = var.flow_logs == null ? 0 : 1

  name                 = "fl-${var.name}"
  location             = var.location
  resource_group_name  = local.network_watcher.resource_group_name
  network_watcher_name = local.network_watcher.create ? azurerm_network_watcher.this[0].name : local.network_watcher.name
  target_resource_id   = azurerm_virtual_network.this.id
  storage_account_id   = var.flow_logs.storage_account_resource_id
  enabled              = true
  version              = 2
  tags                 = var.tags

  retention_policy {
    enabled = var.flow_logs.retention_days > 0
    days    = var.flow_logs.retention_days
  }

  dynamic "traffic_analytics" {
    for_each = var.flow_logs.traffic_analytics == null ? [] : [var.flow_logs.traffic_analytics]

    content {
      enabled               = true
      workspace_id          = traffic_analytics.value.workspace_id
      workspace_region      = coalesce(traffic_analytics.value.workspace_location, var.location)
      workspace_resource_id = traffic_analytics.value.workspace_resource_id
      interval_in_minutes   = traffic_analytics.value.interval_in_minutes
    }
  }
}
