variable "scope" {
  type        = string
  description = "Resource id of what the policies are assigned to: a management group, a subscription or a resource group. Null is the resource group of resource_group_name."
  default     = null

  validation {
    condition = var.scope == null ? true : can(regex(
      "(?i)^(/subscriptions/[0-9a-f-]{36}(/resourceGroups/[^/]+)?|/providers/Microsoft\\.Management/managementGroups/[^/]+)$", var.scope
    ))
    error_message = "The scope must be the resource id of a management group, a subscription or a resource group."
  }
}

variable "enforce" {
  type        = bool
  description = "True refuses what breaks a policy; false only reports it."
  default     = true
  nullable    = false
}

variable "effects" {
  type        = map(string)
  description = "Effects other than the default, by the key of a control in controls.yaml: Audit, Deny or Disabled."
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.effects), keys(local.controls))) == 0
    error_message = "Each key must be that of a control in controls.yaml."
  }

  validation {
    condition     = alltrue([for effect in values(var.effects) : contains(["Audit", "Deny", "Disabled"], effect)])
    error_message = "An effect is Audit, Deny or Disabled."
  }
}

variable "default_effect" {
  type        = string
  description = "Effect of the controls that effects does not name and that have none of their own in controls.yaml: Audit, Deny or Disabled."
  default     = "Audit"
  nullable    = false

  validation {
    condition     = contains(["Audit", "Deny", "Disabled"], var.default_effect)
    error_message = "The default effect must be Audit, Deny or Disabled."
  }
}

variable "allowed_locations" {
  type        = set(string)
  description = "Regions that resources may be in, such as westeurope; empty allows all. Deny is this policy's effect."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for location in var.allowed_locations : can(regex("^[a-z0-9]{3,40}$", location))])
    error_message = "Regions are written by their short names, such as westeurope."
  }
}

variable "standards" {
  type        = set(string)
  description = "Built-in regulatory sets to assign: mcsb (Microsoft cloud security benchmark), cis (CIS Azure Foundations 3.0.0), iso27001 (ISO/IEC 27001:2022), iso27001_2013."
  default     = ["mcsb"]
  nullable    = false

  validation {
    condition     = length(setsubtract(var.standards, keys(local.built_in_sets))) == 0
    error_message = "The standards are mcsb, cis, iso27001 and iso27001_2013."
  }
}

variable "assignments" {
  type = map(object({
    policy_definition_id   = string
    display_name           = optional(string)
    parameters             = optional(any, {})
    enforce                = optional(bool)
    needs_identity         = optional(bool, false)
    non_compliance_message = optional(string)
    not_scopes             = optional(set(string), [])
  }))
  description = "Further policies or sets to assign, by keys of your choice. One that deploys or modifies (needs_identity) acts as the identity."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.assignments : can(regex("(?i)/providers/Microsoft\\.Authorization/policy(Set)?Definitions/[^/]+$", a.policy_definition_id))])
    error_message = "Each policy_definition_id must be the id of a policy definition or of a set."
  }

  validation {
    condition     = var.identity != null || alltrue([for a in var.assignments : !a.needs_identity])
    error_message = "An assignment that deploys or modifies needs the module's identity."
  }
}

variable "identity" {
  type = object({
    resource_id = string
  })
  description = "User-assigned identity as which assignments deploy and modify; its roles are given elsewhere. Null is enough for policies that only audit or deny."
  default     = null
}

variable "not_scopes" {
  type        = set(string)
  description = "Resource ids below the scope that no assignment of this module reaches."
  default     = []
  nullable    = false
}

variable "exemptions" {
  type = map(object({
    assignment    = string
    category      = optional(string, "Waiver")
    description   = string
    expires_on    = string
    display_name  = optional(string)
    reference_ids = optional(set(string), [])
  }))
  description = "Exemptions of the scope from an assignment, by keys of your choice: the assignment's key (controls, locations, a standard's, or one of assignments), why, and until when. reference_ids limit it to single controls."
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for e in var.exemptions : contains(["Waiver", "Mitigated"], e.category) && length(trimspace(e.description)) >= 10 && can(timeadd(e.expires_on, "0s"))
    ])
    error_message = "An exemption is a Waiver or Mitigated, tells why in 10 characters or more, and when it ends as 2027-01-01T00:00:00Z."
  }

  validation {
    condition = alltrue([
      for e in var.exemptions : contains(concat(["controls", "locations"], tolist(var.standards), keys(var.assignments)), e.assignment)
    ])
    error_message = "Each exemption names the key of an assignment: controls, locations, a standard, or one of assignments."
  }
}

variable "remediations" {
  type = map(object({
    assignment       = string
    reference_id     = optional(string)
    location_filters = optional(set(string), [])
    discovery_mode   = optional(string, "ExistingNonCompliant")
  }))
  description = "Remediation tasks of assignments, by keys of your choice; for subscriptions and resource groups."
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for r in var.remediations : contains(keys(var.assignments), r.assignment) && contains(["ExistingNonCompliant", "ReEvaluateCompliance"], r.discovery_mode)
    ])
    error_message = "A remediation names the key of one of assignments, and discovers ExistingNonCompliant or ReEvaluateCompliance."
  }
}

variable "defender_plans" {
  type = map(object({
    tier    = optional(string, "Standard")
    subplan = optional(string)
  }))
  description = "Plans of Defender for Cloud on the provider's subscription, by resource type such as KeyVaults, StorageAccounts, Containers, Arm, CosmosDbs."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for plan in var.defender_plans : contains(["Free", "Standard"], plan.tier)])
    error_message = "A plan's tier is Free or Standard."
  }
}

variable "security_contact" {
  type = object({
    email = string
    phone = optional(string)
  })
  description = "Who hears of security alerts of the provider's subscription. Null sets none."
  default     = null

  validation {
    condition     = var.security_contact == null ? true : can(regex("^[^@\\s]+@[^@\\s]+$", var.security_contact.email))
    error_message = "The security contact's email must be an address."
  }
}
