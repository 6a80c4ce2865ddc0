resource "azurerm_key_vault_certificate_issuer" "this" {
  for_each = var.issuers

  name          = coalesce(each.value.name, each.key)
  key_vault_id  = var.key_vault.resource_id
  provider_name = each.value.provider_name
  account_id    = each.value.account_id
  org_id        = each.value.org_id
  password      = lookup(var.issuer_passwords, each.key, null)

  dynamic "admin" {
    for_each = each.value.admins

    content {
      email_address = admin.value.email
      first_name    = admin.value.first_name
      last_name     = admin.value.last_name
      phone         = admin.value.phone
    }
  }
}

resource "azurerm_key_vault_certificate_contacts" "this" {
  count = length(var.contacts) > 0 ? 1 : 0

  key_vault_id = var.key_vault.resource_id

  dynamic "contact" {
    for_each = var.contacts

    content {
      email = contact.value.email
      name  = contact.value.name
      phone = contact.value.phone
    }
  }
}
