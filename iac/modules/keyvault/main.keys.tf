resource "azurerm_key_vault_key" "this" {
  for_each = var.keys

  name            = coalesce(each.value.name, each.key)
  key_vault_id    = local.resource_id
  key_type        = each.value.type
  key_size        = startswith(each.value.type, "RSA") ? coalesce(each.value.size, 4096) : null
  curve           = startswith(each.value.type, "EC") ? coalesce(each.value.curve, "P-384") : null
  key_opts        = each.value.operations != null ? sort(each.value.operations) : startswith(each.value.type, "RSA") ? local.rsa_operations : local.ec_operations
  not_before_date = each.value.not_before_date
  expiration_date = each.value.expiration_date
  tags            = var.tags

  dynamic "rotation_policy" {
    for_each = each.value.rotation.enabled ? [each.value.rotation] : []

    content {
      expire_after         = rotation_policy.value.expire_after
      notify_before_expiry = rotation_policy.value.notify_before_expiry

      automatic {
        time_before_expiry = rotation_policy.value.time_before_expiry
      }
    }
  }

  # Who makes keys may have got the right, and the way in, with the vault.
  depends_on = [azurerm_role_assignment.this, azurerm_private_endpoint.this]
}

resource "azurerm_role_assignment" "keys" {
  for_each = local.key_role_assignments

  scope                = azurerm_key_vault_key.this[each.value.key].resource_versionless_id
  role_definition_id   = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? each.value.role_definition_id_or_name : null
  role_definition_name = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? null : each.value.role_definition_id_or_name
  principal_id         = each.value.principal_id
  principal_type       = each.value.principal_type
}
