variable "stage" {
  type        = string
  description = "Name of the stage; it is the tag env and part of every name."
  nullable    = false

  validation {
    condition     = contains(["dev", "test", "int", "qs", "prod"], var.stage)
    error_message = "The stage must be dev, test, int, qs or prod."
  }
}

variable "name" {
  type        = string
  description = "Name of the platform, the first part of every name. Some names are unique in all of Azure, so choose your own."
  default     = "terrace"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,9}$", var.name))
    error_message = "The name must have 3 to 10 lower case letters and digits, and start with a letter."
  }
}

variable "location" {
  type        = string
  description = "Azure region, such as westeurope."
  default     = "westeurope"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]{3,40}$", var.location))
    error_message = "The location must be the short name of a region, such as westeurope: lower case letters and digits."
  }
}

variable "secondary_location" {
  type        = string
  description = "Region of the second copy of what is geo-redundant; the pair of location."
  default     = "northeurope"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]{3,40}$", var.secondary_location)) && var.secondary_location != var.location
    error_message = "The second location must be the short name of another region."
  }
}

variable "zones" {
  type        = set(string)
  description = "Availability zones to spread over; empty where the stage is not zone-redundant."
  default     = ["1", "2", "3"]
  nullable    = false

  validation {
    condition     = length(setsubtract(var.zones, ["1", "2", "3"])) == 0 && length(var.zones) != 1
    error_message = "The zones must be of 1, 2 and 3: none, or at least two."
  }
}

variable "geo_redundant" {
  type        = bool
  description = "Backups and databases have a copy in secondary_location."
  default     = true
  nullable    = false
}

variable "locked" {
  type        = bool
  description = "Locks the databases against deletion. terraform destroy takes its own locks away first."
  default     = true
  nullable    = false
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource besides env, which is the stage: costcenter and owner are required and may not be empty."
  nullable    = false

  validation {
    condition     = alltrue([for key in ["costcenter", "owner"] : try(length(trimspace(var.tags[key])) > 0, false)])
    error_message = "The tags must carry costcenter and owner, each with a value."
  }

  validation {
    condition     = lookup(var.tags, "env", var.stage) == var.stage
    error_message = "The tag env is the stage; leave it out."
  }
}
