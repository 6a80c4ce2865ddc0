variable "name" {
  type        = string
  description = "Name of the resource, unique among its kind in the stage: lower case letters, digits and hyphens, at most 50 characters."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$", var.name))
    error_message = "The name must have 1 to 50 lower case letters, digits and hyphens, and start and end with a letter or digit."
  }
}

variable "project" {
  type        = string
  description = "Name of the project that the resource belongs to."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.project))
    error_message = "The project must be a name of RFC 1123: 1 to 63 lower case letters, digits and hyphens."
  }
}

variable "stage" {
  type        = string
  description = "Name of the stage that the resource is in, such as dev or prod."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.stage))
    error_message = "The stage must be a name of RFC 1123: 1 to 63 lower case letters, digits and hyphens."
  }
}

variable "workload" {
  type        = string
  description = "Name of the workload that asked for the resource."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.workload))
    error_message = "The workload must be a name of RFC 1123: 1 to 63 lower case letters, digits and hyphens."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of the resource; costcenter, env and owner are required and may not be empty."
  nullable    = false

  validation {
    condition     = alltrue([for key in ["costcenter", "env", "owner"] : try(length(trimspace(var.tags[key])) > 0, false)])
    error_message = "The tags must carry costcenter, env and owner, each with a value."
  }
}

variable "secret_name" {
  type        = string
  description = "Name of the secret in the key vault that has the token."
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9-]{1,127}$", var.secret_name))
    error_message = "The secret's name must have 1 to 127 letters, digits and hyphens."
  }
}

variable "key_vault" {
  type = object({
    resource_id = string
  })
  description = "Key vault that gets the token."
  nullable    = false

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+$", var.key_vault.resource_id))
    error_message = "key_vault.resource_id must be the resource id of a key vault."
  }
}

variable "readers" {
  type = map(object({
    principal_id = string
  }))
  description = "Identities that may read the token and nothing else, by keys of your choice."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for reader in var.readers : length(trimspace(reader.principal_id)) > 0])
    error_message = "Each reader needs a principal_id."
  }
}
