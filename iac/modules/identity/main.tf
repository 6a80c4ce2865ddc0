resource "azurerm_user_assigned_identity" "this" {
  for_each = var.identities

  name                = coalesce(each.value.name, "${var.name}-${each.key}")
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_management_lock" "this" {
  for_each = local.locks

  name       = coalesce(each.value.name, "lock-${each.value.kind}")
  scope      = azurerm_user_assigned_identity.this[each.key].id
  lock_level = each.value.kind
  notes      = "The identity ${azurerm_user_assigned_identity.this[each.key].name} is in use: whoever deletes it takes its rights from those who run as it."
}
