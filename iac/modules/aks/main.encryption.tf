resource "azurerm_disk_encryption_set" "this" {
  count = var.customer_managed_key == null ? 0 : 1

  name                      = "des-${var.name}"
  location                  = var.location
  resource_group_name       = var.resource_group_name
  key_vault_key_id          = var.customer_managed_key.key_id
  auto_key_rotation_enabled = true
  encryption_type           = "EncryptionAtRestWithPlatformAndCustomerKeys"
  tags                      = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [var.customer_managed_key.user_assigned_identity_resource_id]
  }
}
