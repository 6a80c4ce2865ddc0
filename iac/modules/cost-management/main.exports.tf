resource "azurerm_storage_account" "exports" {
  count = local.makes_storage ? 1 : 0

  name                = var.export_storage.new_account_name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  account_kind                      = "StorageV2"
  account_tier                      = "Standard"
  account_replication_type          = var.export_storage.replication
  min_tls_version                   = "TLS1_2"
  https_traffic_only_enabled        = true
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  allow_nested_items_to_be_public   = false
  cross_tenant_replication_enabled  = false
  infrastructure_encryption_enabled = true
  local_user_enabled                = false
  public_network_access_enabled     = true

  # Cost Management is one of Azure's trusted services; nobody else gets in.
  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }
}

resource "azurerm_storage_container" "exports" {
  count = local.makes_storage ? 1 : 0

  name                  = var.export_storage.container_name
  storage_account_id    = azurerm_storage_account.exports[0].id
  container_access_type = "private"
}

resource "azurerm_subscription_cost_management_export" "this" {
  for_each = var.exports

  name                         = coalesce(each.value.name, "${var.name}-${each.key}")
  subscription_id              = local.subscription_id
  active                       = each.value.active
  recurrence_type              = each.value.recurrence
  recurrence_period_start_date = each.value.start_date
  recurrence_period_end_date   = each.value.end_date
  file_format                  = "Csv"

  export_data_storage_location {
    container_id     = local.container_id
    root_folder_path = each.value.root_folder
  }

  export_data_options {
    type       = each.value.type
    time_frame = each.value.time_frame
  }
}
