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

# tflint-ignore: terraform_unused_declarations # part of every module's contract; this resource can be shared between workloads
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

variable "tls" {
  type        = string
  description = "Whether TLS is offered beside plain connections, or required of every client."
  default     = "offered"
  nullable    = false

  validation {
    condition     = contains(["offered", "required"], var.tls)
    error_message = "TLS is offered or required."
  }
}
