resource "azurerm_key_vault_secret" "access_key" {
  count = var.access_keys_key_vault == null ? 0 : 1

  name            = var.access_keys_key_vault.secret_name
  key_vault_id    = var.access_keys_key_vault.key_vault_resource_id
  value           = local.primary_key
  content_type    = "primary key of a Cosmos DB account"
  expiration_date = var.access_keys_key_vault.expiration_date
  tags            = var.tags
}

resource "azurerm_role_assignment" "access_key_reader" {
  for_each = var.access_keys_key_vault == null ? {} : var.access_keys_key_vault.readers

  scope                = azurerm_key_vault_secret.access_key[0].resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}
