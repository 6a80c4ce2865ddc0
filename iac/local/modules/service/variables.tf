variable "name" {
  type        = string
  description = "Name of the resource, unique among its kind in the stage: lower case letters, digits and hyphens, at most 63 characters."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.name))
    error_message = "The name must have 1 to 63 lower case letters, digits and hyphens, and start and end with a letter or digit."
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

# tflint-ignore: terraform_unused_declarations # part of every module's contract; the service has the workload's name
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

variable "release" {
  type        = string
  description = "Id of the release that the service runs."
  nullable    = false

  validation {
    condition     = length(trimspace(var.release)) > 0
    error_message = "The release may not be empty."
  }
}

variable "release_version" {
  type        = string
  description = "Version of the release, as people call it."
  default     = ""
  nullable    = false

  validation {
    condition     = length(var.release_version) <= 128
    error_message = "The release version may have at most 128 characters."
  }
}

variable "containers" {
  type = map(object({
    artifact  = string
    command   = optional(list(string))
    args      = optional(list(string))
    variables = optional(map(string), {})
    files = optional(map(object({
      content        = optional(string)
      binary_content = optional(string)
      mode           = optional(string)
    })), {})
    volumes = optional(map(object({
      source    = string
      read_only = optional(bool, false)
    })), {})
    liveness = optional(object({
      http = optional(object({
        path    = optional(string)
        port    = optional(number)
        scheme  = optional(string)
        host    = optional(string)
        headers = optional(map(string))
      }))
      exec = optional(list(string))
    }))
    readiness = optional(object({
      http = optional(object({
        path    = optional(string)
        port    = optional(number)
        scheme  = optional(string)
        host    = optional(string)
        headers = optional(map(string))
      }))
      exec = optional(list(string))
    }))
    cpu_limit    = optional(string)
    memory_limit = optional(string)
    before       = optional(map(string), {})
  }))
  description = "Containers of the workload by name: the digest of the artifact that each runs, and how."
  nullable    = false

  validation {
    condition     = length(var.containers) > 0
    error_message = "The service needs one container or more."
  }

  validation {
    condition     = alltrue([for container in var.containers : can(regex("^sha256:[0-9a-f]{64}$", container.artifact))])
    error_message = "Each container's artifact must be a digest: sha256: and 64 hexadecimal digits."
  }

  validation {
    condition = alltrue(flatten([
      for container in var.containers : [for ready in values(container.before) : contains(["started", "healthy", "complete"], ready)]
    ]))
    error_message = "A container comes before another until it is started, healthy or complete."
  }

  validation {
    condition = alltrue(flatten([
      for container in var.containers : [for file in values(container.files) : (file.content == null) != (file.binary_content == null)]
    ]))
    error_message = "Each file needs either content or binary_content."
  }
}

variable "concealed" {
  type        = list(string)
  description = "Values in the containers' variables and files that nothing shows that the containers print, each as JSON."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for value in var.concealed : can(jsondecode(value))])
    error_message = "Each value that is concealed must be JSON."
  }
}

variable "ports" {
  type = map(object({
    port        = number
    target_port = optional(number)
    protocol    = optional(string, "TCP")
    fixed       = optional(bool, false)
  }))
  description = "Ports that the service offers, by name. A fixed one is taken on the machine as it is; others get a free port."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for port in var.ports : port.port >= 1 && port.port <= 65535 && floor(port.port) == port.port])
    error_message = "Each port must be a whole number from 1 to 65535."
  }

  validation {
    condition     = alltrue([for port in var.ports : contains(["TCP", "UDP"], port.protocol)])
    error_message = "Each port's protocol must be TCP or UDP."
  }
}

variable "start_timeout" {
  type        = string
  description = "How long a start may take until the service is ready, such as 60s or 2m."
  default     = "60s"
  nullable    = false

  validation {
    condition     = can(regex("^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$", var.start_timeout))
    error_message = "The start timeout must be a duration such as 30s or 2m."
  }
}
