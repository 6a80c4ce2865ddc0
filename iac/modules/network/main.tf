resource "azurerm_virtual_network" "this" {
  name                    = var.name
  location                = var.location
  resource_group_name     = var.resource_group_name
  tags                    = var.tags
  address_space           = var.address_space
  dns_servers             = var.dns_servers
  flow_timeout_in_minutes = var.flow_timeout_in_minutes

  dynamic "ddos_protection_plan" {
    for_each = var.ddos_protection_plan == null ? [] : [true]

    content {
      id     = local.ddos_protection_plan_id
      enable = true
    }
  }

  dynamic "encryption" {
    for_each = var.encryption_enabled ? [true] : []

    content {
      enforcement = "AllowUnencrypted"
    }
  }
}

resource "azurerm_network_ddos_protection_plan" "this" {
  count = try(var.ddos_protection_plan.create, false) ? 1 : 0

  name                = "ddos-${var.name}"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
}
