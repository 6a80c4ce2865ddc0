resource "azurerm_key_vault_secret" "this" {
  for_each = var.secrets

  name             = coalesce(each.value.name, each.key)
  key_vault_id     = local.resource_id
  value_wo         = var.secret_values[each.key]
  value_wo_version = each.value.value_version
  content_type     = each.value.content_type
  not_before_date  = each.value.not_before_date
  expiration_date  = each.value.expiration_date
  tags             = var.tags

  depends_on = [azurerm_role_assignment.this, azurerm_private_endpoint.this]
}

resource "azurerm_role_assignment" "secrets" {
  for_each = local.secret_role_assignments

  scope                = azurerm_key_vault_secret.this[each.value.key].resource_versionless_id
  role_definition_id   = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? each.value.role_definition_id_or_name : null
  role_definition_name = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? null : each.value.role_definition_id_or_name
  principal_id         = each.value.principal_id
  principal_type       = each.value.principal_type
}
