locals {
  creates = var.existing_key_vault == null

  existing_id_parts = local.creates ? [] : split("/", var.existing_key_vault.resource_id)

  resource_id = local.creates ? azurerm_key_vault.this[0].id : var.existing_key_vault.resource_id

  diagnostic_log_groups        = toset(["allLogs"])
  diagnostic_metrics           = toset(["AllMetrics"])
  private_endpoint_subresource = "vault"

  rsa_operations = ["decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"]
  ec_operations  = ["sign", "verify"]

  key_role_assignments = merge([
    for key, k in var.keys : { for name, a in k.role_assignments : "${key}/${name}" => merge(a, { key = key }) }
  ]...)

  secret_role_assignments = merge([
    for key, s in var.secrets : { for name, a in s.role_assignments : "${key}/${name}" => merge(a, { key = key }) }
  ]...)
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_key_vault.this,
    azurerm_key_vault_key.this,
    azurerm_key_vault_secret.this,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_private_endpoint.this,
    azurerm_role_assignment.keys,
    azurerm_role_assignment.secrets,
    azurerm_role_assignment.this,
  ]
}
