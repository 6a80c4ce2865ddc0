resource "azurerm_application_insights" "this" {
  for_each = var.application_insights

  name                = coalesce(each.value.name, "appi-${each.key}")
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  workspace_id                         = azurerm_log_analytics_workspace.this.id
  application_type                     = each.value.application_type
  retention_in_days                    = each.value.retention_days
  sampling_percentage                  = each.value.sampling_percentage
  daily_data_cap_in_gb                 = each.value.daily_cap_gb
  daily_data_cap_notifications_enabled = true
  ip_masking_enabled                   = each.value.ip_masking_enabled
  local_authentication_enabled         = each.value.local_authentication_enabled
  internet_ingestion_enabled           = var.public_network_access_enabled
  internet_query_enabled               = var.public_network_access_enabled
  force_customer_storage_for_profiler  = each.value.force_customer_storage_for_profiler
}
