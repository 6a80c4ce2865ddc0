resource "azurerm_key_vault_secret" "access_key" {
  count = var.access_keys_key_vault == null ? 0 : 1

  name            = var.access_keys_key_vault.secret_name
  key_vault_id    = var.access_keys_key_vault.key_vault_resource_id
  value           = local.primary_key
  content_type    = "primary key of a Cosmos DB account"
  expiration_date = var.access_keys_key_vault.expiration_date
  tags            = var.tags
}
