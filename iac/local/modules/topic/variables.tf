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

variable "type" {
  type        = string
  description = "Type that asks for the topic: topic or kafka-topic."
  default     = "topic"
  nullable    = false

  validation {
    condition     = contains(["topic", "kafka-topic"], var.type)
    error_message = "The type must be topic or kafka-topic."
  }
}

variable "subject" {
  type        = string
  description = "Subject of the messages. Empty: one made from the project, the stage and the name."
  default     = ""
  nullable    = false

  validation {
    condition     = var.subject == "" || can(regex("^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$", var.subject))
    error_message = "The subject must be words of letters, digits, hyphens and underscores, joined by dots, without wildcards."
  }
}

variable "retention_hours" {
  type        = number
  description = "How long messages are kept, in hours: 1 to 8760."
  default     = 168
  nullable    = false

  validation {
    condition     = var.retention_hours >= 1 && var.retention_hours <= 8760 && floor(var.retention_hours) == var.retention_hours
    error_message = "The retention must be a whole number of hours from 1 to 8760."
  }
}
