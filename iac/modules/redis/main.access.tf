resource "azurerm_managed_redis_access_policy_assignment" "this" {
  for_each = var.access_policy_assignments

  managed_redis_id = local.instance_id
  object_id        = each.value.object_id
}

resource "azurerm_key_vault_secret" "access_key" {
  count = var.access_keys_key_vault == null ? 0 : 1

  name            = var.access_keys_key_vault.secret_name
  key_vault_id    = var.access_keys_key_vault.key_vault_resource_id
  value           = local.database.primary_access_key
  content_type    = "primary access key of Managed Redis"
  expiration_date = var.access_keys_key_vault.expiration_date
  tags            = var.tags

  lifecycle {
    precondition {
      condition     = local.database.access_keys_authentication_enabled
      error_message = "The existing Redis has access keys off: there is no key to keep."
    }
  }
}

resource "azurerm_role_assignment" "access_key_reader" {
  for_each = var.access_keys_key_vault == null ? {} : var.access_keys_key_vault.readers

  scope                = azurerm_key_vault_secret.access_key[0].resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}
