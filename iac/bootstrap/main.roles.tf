resource "azurerm_role_assignment" "state" {
  for_each = local.identities

  scope                = azurerm_storage_container.this[each.value.stage].id
  role_definition_name = each.value.state_role
  principal_id         = azurerm_user_assigned_identity.this[each.key].principal_id
  principal_type       = "ServicePrincipal"
  description          = "State of ${each.value.stage}: ${each.value.phase}."
}

resource "azurerm_role_assignment" "subscription" {
  for_each = local.subscription_roles

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.this[each.value.key].principal_id
  principal_type       = "ServicePrincipal"
  description          = "Stage ${each.value.stage}: ${each.value.phase}."
}

resource "azurerm_role_assignment" "access" {
  for_each = { for key, i in local.identities : key => i if i.phase == "apply" }

  scope                = each.value.scope
  role_definition_name = "Role Based Access Control Administrator"
  principal_id         = azurerm_user_assigned_identity.this[each.key].principal_id
  principal_type       = "ServicePrincipal"
  description          = "Stage ${each.value.stage}: gives and takes the assignable roles, to service principals alone."
  condition            = local.only_assignable_roles
  condition_version    = "2.0"
}
