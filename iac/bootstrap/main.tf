resource "azurerm_resource_group" "this" {
  name     = "rg-${var.name_prefix}-state"
  location = var.location
  tags     = var.tags
}

resource "azurerm_storage_account" "this" {
  name                              = var.storage_account_name
  resource_group_name               = azurerm_resource_group.this.name
  location                          = azurerm_resource_group.this.location
  account_kind                      = "StorageV2"
  account_tier                      = "Standard"
  account_replication_type          = var.replication
  min_tls_version                   = "TLS1_2"
  https_traffic_only_enabled        = true
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  allow_nested_items_to_be_public   = false
  cross_tenant_replication_enabled  = false
  infrastructure_encryption_enabled = true
  local_user_enabled                = false
  public_network_access_enabled     = true
  tags                              = var.tags

  blob_properties {
    versioning_enabled  = true
    change_feed_enabled = true

    delete_retention_policy {
      days = 90
    }

    container_delete_retention_policy {
      days = 90
    }
  }

  network_rules {
    default_action             = "Deny"
    bypass                     = ["AzureServices"]
    ip_rules                   = var.allowed_ip_rules
    virtual_network_subnet_ids = values(var.allowed_subnet_resource_ids)
  }
}

resource "azurerm_storage_container" "this" {
  for_each = setunion(keys(var.stages), ["bootstrap"])

  name                  = "tfstate-${each.key}"
  storage_account_id    = azurerm_storage_account.this.id
  container_access_type = "private"
}

resource "azurerm_management_lock" "this" {
  name       = "lock-state"
  scope      = azurerm_storage_account.this.id
  lock_level = "CanNotDelete"
  notes      = "Without the states, nobody knows what Terraform made."

  depends_on = [azurerm_storage_container.this, azurerm_role_assignment.state]
}
