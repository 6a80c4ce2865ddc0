resource "azuread_application" "this" {
  display_name                   = var.display_name
  owners                         = values(var.owners)
  sign_in_audience               = "AzureADMyOrg"
  prevent_duplicate_names        = true
  fallback_public_client_enabled = false
  group_membership_claims        = ["ApplicationGroup"]

  web {
    redirect_uris = var.redirect_uris
    logout_url    = var.logout_url

    implicit_grant {
      access_token_issuance_enabled = false
      id_token_issuance_enabled     = false
    }
  }

  dynamic "app_role" {
    for_each = var.app_roles

    content {
      id                   = app_role.value.id
      value                = app_role.key
      display_name         = app_role.value.display_name
      description          = app_role.value.description
      allowed_member_types = ["User"]
      enabled              = true
    }
  }
}

resource "azuread_service_principal" "this" {
  client_id                    = azuread_application.this.client_id
  owners                       = values(var.owners)
  app_role_assignment_required = true
}

resource "azuread_app_role_assignment" "this" {
  for_each = var.role_members

  app_role_id         = var.app_roles[each.value.role].id
  principal_object_id = each.value.principal_id
  resource_object_id  = azuread_service_principal.this.object_id
}

resource "azuread_application_federated_identity_credential" "this" {
  for_each = var.federated_credentials

  application_id = azuread_application.this.id
  display_name   = each.key
  issuer         = each.value.issuer
  subject        = each.value.subject
  audiences      = [each.value.audience]
}
