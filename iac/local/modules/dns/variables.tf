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

variable "subdomain" {
  type        = string
  description = "First label of the host name. Empty: the name of the workload, or of the resource where it is shared."
  default     = ""
  nullable    = false

  validation {
    condition     = var.subdomain == "" || can(regex("^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$", var.subdomain))
    error_message = "The subdomain must be one label of 1 to 50 lower case letters, digits and hyphens."
  }
}

variable "type" {
  type        = string
  description = "Type of the record: A, AAAA, CNAME or TXT."
  default     = "A"
  nullable    = false

  validation {
    condition     = contains(["A", "AAAA", "CNAME", "TXT"], var.type)
    error_message = "The type must be A, AAAA, CNAME or TXT."
  }
}

variable "ttl" {
  type        = number
  description = "How long resolvers may keep the answer, in seconds: 1 to 86400."
  default     = 60
  nullable    = false

  validation {
    condition     = var.ttl >= 1 && var.ttl <= 86400 && floor(var.ttl) == var.ttl
    error_message = "The ttl must be a whole number of seconds from 1 to 86400."
  }
}

variable "values" {
  type        = list(string)
  description = "Values of the record. Default: the gateway on this machine."
  default     = ["127.0.0.1"]
  nullable    = false

  validation {
    condition     = length(var.values) > 0 && alltrue([for value in var.values : length(trimspace(value)) > 0])
    error_message = "The record needs one value or more, none of them empty."
  }
}
