variable "existing_identity" {
  type = object({
    resource_id = string
  })
  description = "A user-assigned identity that exists already (module identity): credentials and roles are added to it; a lock and roles on the identity itself are refused. Null makes one."
  default     = null

  validation {
    condition     = var.existing_identity == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.ManagedIdentity/userAssignedIdentities/[^/]+$", var.existing_identity.resource_id))
    error_message = "existing_identity.resource_id must be the resource id of a user-assigned identity."
  }

  validation {
    condition     = var.existing_identity == null ? true : var.lock == null && length(var.role_assignments) == 0
    error_message = "With existing_identity, lock and role_assignments must stay empty: they belong to who made the identity."
  }

  validation {
    condition     = var.existing_identity == null ? can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$", var.name)) : true
    error_message = "An identity's name must have 3 to 128 letters, digits, hyphens and underscores, and start with a letter or digit."
  }
}

variable "github" {
  type = object({
    organization = string
    repository   = string
    environments = set(string)
    issuer       = optional(string, "https://token.actions.githubusercontent.com")
  })
  description = "GitHub environments (one per stage) whose jobs may run as the identity. There is no credential for a branch or for pull requests: whoever can push would have the identity."
  default     = null

  validation {
    condition     = var.github == null ? true : can(regex("^[A-Za-z0-9-]+$", var.github.organization)) && can(regex("^[A-Za-z0-9._-]+$", var.github.repository)) && length(var.github.environments) > 0
    error_message = "github needs an organization, a repository (its name alone) and at least one environment."
  }

  validation {
    condition     = var.github == null ? true : alltrue([for e in var.github.environments : can(regex("^[A-Za-z0-9 ._-]{1,255}$", e))])
    error_message = "An environment's name must have 1 to 255 letters, digits, blanks, dots, underscores and hyphens; wildcards match nothing."
  }

  validation {
    condition     = var.github == null ? true : startswith(var.github.issuer, "https://")
    error_message = "The issuer must be an https address."
  }
}

variable "service_accounts" {
  type = map(object({
    issuer          = string
    namespace       = string
    service_account = string
  }))
  description = "Kubernetes service accounts that may sign in as the identity, by keys of your choice: the cluster's OIDC issuer, the namespace and the account's name."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.service_accounts : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", a.namespace)) && can(regex("^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$", a.service_account))])
    error_message = "Namespace and service account must be names of Kubernetes; wildcards match nothing."
  }
}

variable "credentials" {
  type = map(object({
    issuer   = string
    subject  = string
    audience = optional(string, "api://AzureADTokenExchange")
  }))
  description = "Other issuers (GitLab, Terrace, Terraform Cloud) that may sign in as the identity, by keys of your choice: issuer, subject and audience of their tokens, to the letter."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for c in var.credentials : startswith(c.issuer, "https://") && length(c.subject) > 0 && !strcontains(c.subject, "*")])
    error_message = "A credential needs an https issuer and a subject; wildcards match nothing."
  }

  validation {
    condition     = length(var.credentials) + length(var.service_accounts) + length(try(var.github.environments, [])) <= 20
    error_message = "An identity has at most 20 federated credentials."
  }
}

variable "granted_roles" {
  type = map(object({
    scope                      = string
    role_definition_id_or_name = string
    description                = optional(string)
    condition                  = optional(string)
  }))
  description = "Roles that the identity gets, by keys of your choice: the scope and the role's name or id. Owner and the roles that give roles away need a condition (ABAC, version 2.0)."
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for r in var.granted_roles : !contains(["owner", "user access administrator", "role based access control administrator"], lower(r.role_definition_id_or_name)) || r.condition != null
    ])
    error_message = "Owner, User Access Administrator and Role Based Access Control Administrator need a condition that says which roles may be given."
  }
}
