resource "azurerm_nat_gateway" "this" {
  count = var.nat_gateway == null ? 0 : 1

  name                    = coalesce(var.nat_gateway.name, "ng-${var.name}")
  location                = var.location
  resource_group_name     = var.resource_group_name
  tags                    = var.tags
  sku_name                = var.nat_gateway.sku_name
  zones                   = var.nat_gateway.zone == null ? null : [var.nat_gateway.zone]
  idle_timeout_in_minutes = var.nat_gateway.idle_timeout_in_minutes
}

resource "azurerm_public_ip" "nat" {
  count = var.nat_gateway == null ? 0 : var.nat_gateway.public_ip_count

  name                = "pip-${azurerm_nat_gateway.this[0].name}-${count.index + 1}"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
  sku                 = var.nat_gateway.sku_name
  allocation_method   = "Static"
  zones               = var.nat_gateway.zone == null ? null : [var.nat_gateway.zone]
}

resource "azurerm_nat_gateway_public_ip_association" "this" {
  count = length(azurerm_public_ip.nat)

  nat_gateway_id       = azurerm_nat_gateway.this[0].id
  public_ip_address_id = azurerm_public_ip.nat[count.index].id
}

resource "azurerm_public_ip_prefix" "nat" {
  count = try(var.nat_gateway.public_ip_prefix_length, null) == null ? 0 : 1

  name                = "ippre-${azurerm_nat_gateway.this[0].name}"
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
  sku                 = var.nat_gateway.sku_name
  prefix_length       = var.nat_gateway.public_ip_prefix_length
  zones               = var.nat_gateway.zone == null ? null : [var.nat_gateway.zone]
}

resource "azurerm_nat_gateway_public_ip_prefix_association" "this" {
  count = length(azurerm_public_ip_prefix.nat)

  nat_gateway_id      = azurerm_nat_gateway.this[0].id
  public_ip_prefix_id = azurerm_public_ip_prefix.nat[count.index].id
}

resource "azurerm_subnet_nat_gateway_association" "this" {
  for_each = local.nat_subnets

  subnet_id      = azurerm_subnet.this[each.key].id
  nat_gateway_id = azurerm_nat_gateway.this[0].id
}
