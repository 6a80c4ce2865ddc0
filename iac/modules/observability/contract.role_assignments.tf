variable "role_assignments" {
  type = map(object({
    role_definition_id_or_name = string
    principal_id               = string
    principal_type             = optional(string)
    description                = optional(string)
    condition                  = optional(string)
    condition_version          = optional(string, "2.0")
  }))
  description = "Roles on the main resource, by keys of your choice: the name of a role or the id of its definition, and the object id of who gets it."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.role_assignments : a.principal_type == null ? true : contains(["User", "Group", "ServicePrincipal"], a.principal_type)])
    error_message = "A principal type must be User, Group or ServicePrincipal."
  }
}

resource "azurerm_role_assignment" "this" {
  for_each = var.role_assignments

  scope                = local.resource_id
  role_definition_id   = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? each.value.role_definition_id_or_name : null
  role_definition_name = strcontains(lower(each.value.role_definition_id_or_name), "/roledefinitions/") ? null : each.value.role_definition_id_or_name
  principal_id         = each.value.principal_id
  principal_type       = each.value.principal_type
  description          = each.value.description
  condition            = each.value.condition
  condition_version    = each.value.condition == null ? null : each.value.condition_version
}
