variable "identities" {
  type = map(object({
    name = optional(string)
    lock = optional(object({
      kind = string
      name = optional(string)
    }))
  }))
  description = "User-assigned identities, by keys of your choice. Without a name an identity is called <name>-<key>; lock keeps it from being deleted (kind CanNotDelete) or changed (ReadOnly)."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, i in var.identities : can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$", coalesce(i.name, "${var.name}-${key}")))])
    error_message = "An identity's name must have 3 to 128 letters, digits, hyphens and underscores, and start with a letter or digit."
  }

  validation {
    condition     = alltrue([for i in var.identities : i.lock == null ? true : contains(["CanNotDelete", "ReadOnly"], i.lock.kind)])
    error_message = "A lock's kind must be CanNotDelete or ReadOnly."
  }
}

variable "role_definitions" {
  type = map(object({
    name              = string
    description       = string
    scope             = string
    assignable_scopes = optional(map(string), {})
    actions           = optional(set(string), [])
    not_actions       = optional(set(string), [])
    data_actions      = optional(set(string), [])
    not_data_actions  = optional(set(string), [])
  }))
  description = "Roles of your own, by keys of your choice. They may not grant everything: neither * nor the right to give roles away without allow_privileged_roles."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for d in var.role_definitions : length(d.actions) + length(d.data_actions) > 0 && length(trimspace(d.description)) > 0])
    error_message = "A role needs actions or data_actions, and a description that says what it is for."
  }

  validation {
    condition = var.allow_privileged_roles || alltrue(flatten([
      for d in var.role_definitions : [
        for action in setunion(d.actions, d.data_actions) :
        !contains(["*", "*/write", "*/action", "*/delete"], lower(action)) && !can(regex("(?i)^microsoft\\.authorization/(\\*|roleassignments/(\\*|write)|roledefinitions/(\\*|write)|elevateaccess/action)", action))
      ]
    ]))
    error_message = "A role that grants everything, or that lets its holders give roles away, is not least privilege; set allow_privileged_roles if it must be."
  }

  validation {
    condition     = alltrue([for d in var.role_definitions : startswith(d.scope, "/subscriptions/") || can(regex("(?i)^/providers/Microsoft.Management/managementGroups/", d.scope))])
    error_message = "A role's scope must be the id of a management group, a subscription, a resource group or a resource."
  }
}

variable "assignments" {
  type = map(object({
    scope                      = string
    role_definition_id_or_name = optional(string)
    role_definition            = optional(string)
    identity                   = optional(string)
    principal_id               = optional(string)
    principal_type             = optional(string)
    description                = optional(string)
    condition                  = optional(string)
  }))
  description = "Roles given, by keys of your choice: the scope, the role (a built-in role's name, a role's id, or in role_definition a key of role_definitions), and who gets it (identity, a key of identities, or principal_id). Condition is an ABAC condition, version 2.0."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.assignments : (a.role_definition_id_or_name == null) != (a.role_definition == null)])
    error_message = "An assignment needs role_definition_id_or_name or role_definition: one of the two."
  }

  validation {
    condition     = alltrue([for a in var.assignments : a.role_definition == null ? true : contains(keys(var.role_definitions), a.role_definition)])
    error_message = "role_definition must be a key of role_definitions."
  }

  validation {
    condition     = alltrue([for a in var.assignments : a.identity == null ? true : contains(keys(var.identities), a.identity)])
    error_message = "identity must be a key of identities."
  }

  validation {
    condition     = alltrue([for a in var.assignments : a.identity == null || a.principal_type == null])
    error_message = "principal_type goes with principal_id alone: identities are service principals."
  }

  validation {
    condition     = alltrue([for a in var.assignments : a.principal_type == null ? true : contains(["User", "Group", "ServicePrincipal"], a.principal_type)])
    error_message = "A principal type must be User, Group or ServicePrincipal."
  }

  validation {
    condition     = var.allow_privileged_roles || alltrue([for a in var.assignments : a.role_definition_id_or_name == null ? true : !contains(local.privileged_roles, lower(a.role_definition_id_or_name)) || a.condition != null])
    error_message = "Owner, User Access Administrator and Role Based Access Control Administrator need a condition that says which roles may be given, or allow_privileged_roles."
  }
}

variable "allow_privileged_roles" {
  type        = bool
  description = "Lets roles be given, and defined, that can give roles away or do everything."
  default     = false
  nullable    = false
}
