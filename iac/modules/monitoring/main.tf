resource "azurerm_log_analytics_workspace" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  sku                                     = var.sku
  reservation_capacity_in_gb_per_day      = var.reservation_capacity_gb
  retention_in_days                       = var.retention_days
  daily_quota_gb                          = var.daily_quota_gb
  immediate_data_purge_on_30_days_enabled = var.immediate_purge_enabled
  cmk_for_query_forced                    = var.customer_managed_key_for_queries_enabled
  local_authentication_enabled            = var.local_authentication_enabled
  internet_ingestion_access_type          = local.public_access
  internet_query_access_type              = local.public_access
  allow_resource_only_permissions         = var.resource_permissions_enabled

  dynamic "identity" {
    for_each = local.identity_type == "" ? [] : [local.identity_type]

    content {
      type         = identity.value
      identity_ids = identity.value == "UserAssigned" ? toset(values(var.managed_identities.user_assigned_resource_ids)) : null
    }
  }
}

resource "azurerm_log_analytics_workspace_table" "this" {
  for_each = var.tables

  name                    = each.key
  workspace_id            = azurerm_log_analytics_workspace.this.id
  plan                    = each.value.plan
  retention_in_days       = each.value.retention_days
  total_retention_in_days = each.value.total_retention_days
}
