resource "azurerm_user_assigned_identity" "this" {
  count = local.creates ? 1 : 0

  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

data "azurerm_user_assigned_identity" "existing" {
  count = local.creates ? 0 : 1

  name                = local.existing_id_parts[8]
  resource_group_name = local.existing_id_parts[4]
}

resource "azurerm_federated_identity_credential" "this" {
  for_each = local.credentials

  name                      = each.key
  user_assigned_identity_id = local.identity_id
  issuer                    = each.value.issuer
  subject                   = each.value.subject
  audience                  = [each.value.audience]
}

resource "azurerm_role_assignment" "granted" {
  for_each = var.granted_roles

  scope                = each.value.scope
  role_definition_id   = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? each.value.role_definition_id_or_name : null
  role_definition_name = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? null : each.value.role_definition_id_or_name
  principal_id         = local.principal_id
  principal_type       = "ServicePrincipal"
  description          = each.value.description
  condition            = each.value.condition
  condition_version    = each.value.condition == null ? null : "2.0"

  skip_service_principal_aad_check = true
}
