resource "azurerm_storage_account" "exports" {
  count = var.export_storage == null ? 0 : 1

  name                              = var.export_storage.name
  location                          = var.location
  resource_group_name               = var.resource_group_name
  account_kind                      = "StorageV2"
  account_tier                      = "Standard"
  account_replication_type          = var.export_storage.account_replication
  https_traffic_only_enabled        = true
  min_tls_version                   = "TLS1_2"
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  allow_nested_items_to_be_public   = false
  cross_tenant_replication_enabled  = false
  local_user_enabled                = false
  infrastructure_encryption_enabled = true
  public_network_access_enabled     = var.export_storage.public_access
  tags                              = var.tags

  blob_properties {
    versioning_enabled = true

    delete_retention_policy {
      days = var.export_storage.retention_days
    }

    container_delete_retention_policy {
      days = var.export_storage.retention_days
    }
  }

  network_rules {
    default_action             = "Deny"
    bypass                     = ["AzureServices"]
    ip_rules                   = var.export_storage.allowed_ip_rules
    virtual_network_subnet_ids = values(var.export_storage.allowed_subnet_ids)
  }
}

resource "azurerm_storage_container" "exports" {
  count = var.export_storage == null ? 0 : 1

  name                  = var.export_storage.container_name
  storage_account_id    = azurerm_storage_account.exports[0].id
  container_access_type = "private"
}

resource "azurerm_subscription_cost_management_export" "this" {
  for_each = var.exports

  name                         = coalesce(each.value.name, "${var.name}-${each.key}")
  subscription_id              = var.subscription_id
  active                       = each.value.active
  recurrence_type              = each.value.recurrence
  recurrence_period_start_date = each.value.start_date
  recurrence_period_end_date   = each.value.end_date
  file_format                  = "Csv"

  export_data_storage_location {
    container_id     = azurerm_storage_container.exports[0].id
    root_folder_path = each.value.root_folder
  }

  export_data_options {
    type       = each.value.type
    time_frame = each.value.time_frame
  }
}
