resource "azurerm_role_definition" "this" {
  for_each = var.role_definitions

  name              = each.value.name
  description       = each.value.description
  scope             = each.value.scope
  assignable_scopes = concat([each.value.scope], values(each.value.assignable_scopes))

  permissions {
    actions          = each.value.actions
    not_actions      = each.value.not_actions
    data_actions     = each.value.data_actions
    not_data_actions = each.value.not_data_actions
  }
}

resource "azurerm_role_assignment" "this" {
  for_each = var.assignments

  scope        = each.value.scope
  principal_id = each.value.identity == null ? each.value.principal_id : local.principal_ids[each.value.identity]
  description  = each.value.description

  role_definition_id = each.value.role_definition != null ? azurerm_role_definition.this[each.value.role_definition].role_definition_resource_id : (
    strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? each.value.role_definition_id_or_name : null
  )
  role_definition_name = each.value.role_definition != null ? null : (
    strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? null : each.value.role_definition_id_or_name
  )

  # An identity made a moment ago may not be known everywhere in the directory yet.
  principal_type                   = each.value.identity == null ? each.value.principal_type : "ServicePrincipal"
  skip_service_principal_aad_check = each.value.identity != null ? true : null

  condition         = each.value.condition
  condition_version = each.value.condition == null ? null : "2.0"

  lifecycle {
    precondition {
      condition     = (each.value.identity == null) != (each.value.principal_id == null)
      error_message = "The assignment ${each.key} needs identity or principal_id: one of the two."
    }
  }
}
