variable "name" {
  type        = string
  description = "Name of the module's main resource; what belongs to it is named after it."
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,78}[a-zA-Z0-9])?$", var.name))
    error_message = "The name must have 1 to 80 letters, digits, dots, underscores and hyphens, and start and end with a letter or digit."
  }
}

variable "location" {
  type        = string
  description = "Azure region, such as westeurope."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]{3,40}$", var.location))
    error_message = "The location must be the short name of a region, such as westeurope: lower case letters and digits."
  }
}

variable "resource_group_name" {
  type        = string
  description = "Name of the resource group, which must exist."
  nullable    = false

  validation {
    condition     = can(regex("^[-\\w.()]{0,89}[-\\w()]$", var.resource_group_name))
    error_message = "The resource group's name must have 1 to 90 letters, digits, underscores, hyphens, dots and parentheses, and may not end with a dot."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource that takes tags; costcenter, env and owner are required and may not be empty."
  nullable    = false

  validation {
    condition     = alltrue([for key in ["costcenter", "env", "owner"] : try(length(trimspace(var.tags[key])) > 0, false)])
    error_message = "The tags must carry costcenter, env and owner, each with a value."
  }

  validation {
    condition     = length(var.tags) <= 50 && alltrue([for key, value in var.tags : length(key) <= 512 && length(value) <= 256])
    error_message = "Azure takes at most 50 tags, keys of at most 512 and values of at most 256 characters."
  }
}
