# The value of the token is a secret of Terrace's own, which the vault gets a copy of.
resource "terrace_secret" "token" {
  name   = "${var.name}-config-token"
  length = 43
  tags   = local.tags
}

resource "terrace_config" "this" {
  name           = var.name
  workload       = var.workload
  secret         = terrace_secret.token.name
  secret_version = terrace_secret.token.version
  tags           = local.tags
}

# The value goes from Terrace to the vault, and is in no plan and no state.
ephemeral "terrace_secret" "token" {
  name = terrace_secret.token.id
}

resource "azurerm_key_vault_secret" "this" {
  name             = var.secret_name
  key_vault_id     = var.key_vault.resource_id
  value_wo         = "${terrace_config.this.token_prefix}${ephemeral.terrace_secret.token.value}"
  value_wo_version = terrace_secret.token.version
  content_type     = "token of Terrace for configuration"
  tags             = local.tags
}

resource "azurerm_role_assignment" "reader" {
  for_each = var.readers

  scope                = azurerm_key_vault_secret.this.resource_versionless_id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = each.value.principal_id
  principal_type       = "ServicePrincipal"
}
