variable "existing_key_vault" {
  type = object({
    resource_id = string
  })
  description = "A key vault that exists already: only keys and secrets are added to it; what would act on the vault itself is refused. Null makes a vault."
  default     = null

  validation {
    condition     = var.existing_key_vault == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+$", var.existing_key_vault.resource_id))
    error_message = "existing_key_vault.resource_id must be the resource id of a key vault (Microsoft.KeyVault/vaults)."
  }

  validation {
    condition = var.existing_key_vault == null ? true : alltrue([
      var.lock == null,
      length(var.role_assignments) == 0,
      length(var.diagnostic_settings) == 0,
      length(var.private_endpoints) == 0,
    ])
    error_message = "With existing_key_vault, lock, role_assignments, diagnostic_settings and private_endpoints must stay empty: they belong to who made the vault."
  }

  validation {
    condition     = var.existing_key_vault == null ? can(regex("^[a-zA-Z](-?[a-zA-Z0-9]){2,23}$", var.name)) && length(var.name) <= 24 : true
    error_message = "A key vault's name must have 3 to 24 letters, digits and single hyphens, start with a letter and end with a letter or digit."
  }
}

variable "tenant_id" {
  type        = string
  description = "Tenant whose principals may use the vault. Null is the one that the provider is signed in to."
  default     = null

  validation {
    condition     = var.tenant_id == null ? true : can(regex("^[0-9a-fA-F-]{36}$", var.tenant_id))
    error_message = "tenant_id must be a GUID."
  }
}

variable "sku" {
  type        = string
  description = "standard, or premium for keys in hardware security modules."
  default     = "standard"
  nullable    = false

  validation {
    condition     = contains(["standard", "premium"], var.sku)
    error_message = "The sku must be standard or premium."
  }
}

variable "public_network_access_enabled" {
  type        = bool
  description = "Access from public addresses; network_acls says which."
  default     = false
  nullable    = false
}

variable "network_acls" {
  type = object({
    bypass              = optional(string, "AzureServices")
    ip_rules            = optional(set(string), [])
    subnet_resource_ids = optional(map(string), {})
  })
  description = "Who gets in beside private endpoints; everything else is denied. Bypass None shuts out Azure's trusted services too."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["AzureServices", "None"], var.network_acls.bypass)
    error_message = "network_acls.bypass must be AzureServices or None."
  }

  validation {
    condition     = alltrue([for rule in var.network_acls.ip_rules : can(cidrhost(strcontains(rule, "/") ? rule : "${rule}/32", 0)) && rule != "0.0.0.0/0"])
    error_message = "Each of network_acls.ip_rules must be an address or a range of addresses, and not all of them."
  }

  validation {
    condition     = var.public_network_access_enabled || length(var.network_acls.ip_rules) + length(var.network_acls.subnet_resource_ids) == 0
    error_message = "Without public_network_access_enabled no address and no subnet is let in: ip_rules and subnet_resource_ids must be empty."
  }
}

variable "soft_delete_retention_days" {
  type        = number
  description = "Days that what was deleted can be recovered, 7 to 90. It cannot be changed later."
  default     = 90
  nullable    = false

  validation {
    condition     = var.soft_delete_retention_days >= 7 && var.soft_delete_retention_days <= 90
    error_message = "soft_delete_retention_days must be 7 to 90."
  }
}

variable "purge_protection_enabled" {
  type        = bool
  description = "Nobody can purge what was deleted before its retention is over. Once on, it cannot be turned off."
  default     = true
  nullable    = false
}
