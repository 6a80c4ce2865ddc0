resource "azurerm_key_vault_certificate" "this" {
  for_each = var.certificates

  name         = coalesce(each.value.name, "${var.name}-${each.key}")
  key_vault_id = var.key_vault.resource_id
  tags         = var.tags

  certificate_policy {
    issuer_parameters {
      name = contains(["Self", "Unknown"], each.value.issuer) ? each.value.issuer : azurerm_key_vault_certificate_issuer.this[each.value.issuer].name
    }

    key_properties {
      exportable = each.value.exportable
      reuse_key  = each.value.reuse_key
      key_type   = each.value.key_type
      key_size   = startswith(each.value.key_type, "RSA") ? coalesce(each.value.key_size, 4096) : null
      curve      = startswith(each.value.key_type, "EC") ? coalesce(each.value.curve, "P-256") : null
    }

    # Nobody but its owner can renew what was signed elsewhere: the vault writes to the contacts then.
    lifetime_action {
      action {
        action_type = each.value.auto_renew && each.value.issuer != "Unknown" ? "AutoRenew" : "EmailContacts"
      }

      trigger {
        days_before_expiry  = each.value.renew_days_before
        lifetime_percentage = each.value.renew_days_before == null ? each.value.renew_at_percentage : null
      }
    }

    secret_properties {
      content_type = each.value.content_type
    }

    x509_certificate_properties {
      subject            = each.value.subject
      validity_in_months = each.value.validity_in_months
      key_usage          = sort(each.value.key_usage)
      extended_key_usage = sort(each.value.extended_key_usage)

      dynamic "subject_alternative_names" {
        for_each = length(each.value.dns_names) + length(each.value.emails) > 0 ? [true] : []

        content {
          dns_names = each.value.dns_names
          emails    = each.value.emails
        }
      }
    }
  }
}

resource "azurerm_role_assignment" "certificates" {
  for_each = local.role_assignments

  scope                = azurerm_key_vault_certificate.this[each.value.key].resource_manager_versionless_id
  role_definition_id   = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? each.value.role_definition_id_or_name : null
  role_definition_name = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? null : each.value.role_definition_id_or_name
  principal_id         = each.value.principal_id
  principal_type       = each.value.principal_type
}
