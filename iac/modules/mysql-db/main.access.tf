resource "azurerm_mysql_flexible_server_active_directory_administrator" "this" {
  count = var.entra_administrator == null ? 0 : 1

  server_id   = local.server_id
  identity_id = var.entra_administrator.user_assigned_identity_resource_id
  login       = var.entra_administrator.login
  object_id   = var.entra_administrator.object_id
  tenant_id   = var.entra_administrator.tenant_id
}

resource "azurerm_key_vault_secret" "administrator_password" {
  count = var.administrator_password_key_vault == null ? 0 : 1

  name             = var.administrator_password_key_vault.secret_name
  key_vault_id     = var.administrator_password_key_vault.key_vault_resource_id
  value_wo         = var.administrator_password
  value_wo_version = var.administrator_password_version
  content_type     = "password of ${var.administrator_login} on ${var.name}"
  expiration_date  = var.administrator_password_key_vault.expiration_date
  tags             = var.tags
}
