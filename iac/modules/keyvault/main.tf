data "azurerm_client_config" "current" {}

resource "azurerm_key_vault" "this" {
  count = local.creates ? 1 : 0

  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  tenant_id                       = coalesce(var.tenant_id, data.azurerm_client_config.current.tenant_id)
  sku_name                        = var.sku
  rbac_authorization_enabled      = true
  public_network_access_enabled   = var.public_network_access_enabled
  purge_protection_enabled        = var.purge_protection_enabled
  soft_delete_retention_days      = var.soft_delete_retention_days
  enabled_for_deployment          = false
  enabled_for_disk_encryption     = false
  enabled_for_template_deployment = false

  network_acls {
    default_action             = "Deny"
    bypass                     = var.network_acls.bypass
    ip_rules                   = var.network_acls.ip_rules
    virtual_network_subnet_ids = values(var.network_acls.subnet_resource_ids)
  }
}

data "azurerm_key_vault" "existing" {
  count = local.creates ? 0 : 1

  name                = local.existing_id_parts[8]
  resource_group_name = local.existing_id_parts[4]
}
