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
    image     = string
    command   = optional(list(string))
    args      = optional(list(string))
    variables = optional(map(string), {})
    files = optional(map(object({
      content        = optional(string)
      binary_content = optional(string)
      mode           = optional(string)
    })), {})
    volumes = optional(map(object({
      claim     = optional(string)
      scratch   = optional(string)
      path      = optional(string)
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
    cpu_request    = optional(string)
    memory_request = optional(string)
    cpu_limit      = optional(string)
    memory_limit   = optional(string)
    before         = optional(map(string), {})
  }))
  description = "Containers of the pod by name: the image that each runs, and how."
  nullable    = false

  validation {
    condition     = length(var.containers) > 0
    error_message = "The workload needs one container or more."
  }

  validation {
    condition     = alltrue([for container in var.containers : can(regex("^[^\\s./][^\\s]*$", container.image))])
    error_message = "Each container's image must be a reference of a registry, not a folder."
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

  validation {
    condition = alltrue(flatten([
      for container in var.containers : [for volume in values(container.volumes) : (volume.claim == null) != (volume.scratch == null)]
    ]))
    error_message = "Each volume is either a claim or scratch."
  }
}

variable "ports" {
  type = map(object({
    port        = number
    target_port = optional(number)
    protocol    = optional(string, "TCP")
  }))
  description = "Ports that the service offers, by name."
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

variable "routes" {
  type = map(object({
    url  = string
    path = optional(string, "/")
    port = optional(string)
  }))
  description = "Routes of the stage's gateway to the service, by name: address, path and port."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for route in var.routes : can(regex("^https?://[^/\\s]+", route.url))])
    error_message = "Each route needs an address with a host."
  }

  validation {
    condition     = alltrue([for route in var.routes : startswith(route.path, "/")])
    error_message = "Each route's path must start with /."
  }
}

variable "claims" {
  type = map(object({
    size        = string
    class       = optional(string)
    access_mode = optional(string, "ReadWriteOnce")
  }))
  description = "Volumes that outlive the pods, by name."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for claim in var.claims : can(regex("^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$", claim.size))])
    error_message = "Each claim's size must be an amount such as 1Gi."
  }

  validation {
    condition     = alltrue([for claim in var.claims : contains(["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany", "ReadOnlyMany"], claim.access_mode)])
    error_message = "Each claim's access mode must be ReadWriteOnce, ReadWriteOncePod, ReadWriteMany or ReadOnlyMany."
  }
}

variable "calls" {
  type        = list(string)
  description = "Names of the workloads of the project whose services this one calls."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for callee in var.calls : can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", callee))])
    error_message = "Each callee must be the name of a workload: 1 to 63 lower case letters, digits and hyphens."
  }
}

variable "identity" {
  type = object({
    client_id = string
    tenant_id = optional(string)
  })
  description = "Cloud identity that the pods act as; null for none."
  default     = null

  validation {
    condition     = var.identity == null || try(length(trimspace(var.identity.client_id)) > 0, false)
    error_message = "The identity needs a client id."
  }
}

variable "vault" {
  type = object({
    name      = string
    tenant_id = string
  })
  description = "Key vault that the workload's secrets are in; null where the cluster has them."
  default     = null

  validation {
    condition     = var.vault == null || try(length(trimspace(var.vault.name)) > 0, false)
    error_message = "The vault needs a name."
  }
}

variable "scaling" {
  type = object({
    min = optional(number)
    max = optional(number)
    cpu = optional(number)
  })
  description = "How many pods there are, and the percent of the requested CPU at which pods are added."
  default     = {}
  nullable    = false

  validation {
    condition     = var.scaling.min == null || try(var.scaling.min >= 1 && var.scaling.min <= coalesce(var.scaling.max, 1000), false)
    error_message = "The fewest pods must be 1 or more, and not more than the most."
  }
}

variable "security" {
  type = object({
    user          = optional(number)
    writable_root = optional(bool, false)
    capabilities  = optional(list(string), [])
  })
  description = "What is looser than usual: no root, a read-only root file system, no capabilities."
  default     = {}
  nullable    = false

  validation {
    condition     = var.security.user != 0
    error_message = "The pods cannot run as root."
  }

  validation {
    condition     = alltrue([for capability in var.security.capabilities : capability == "NET_BIND_SERVICE"])
    error_message = "The only capability that can be added is NET_BIND_SERVICE."
  }
}

variable "egress" {
  type        = list(string)
  description = "Ranges that the pods may call beside private networks, such as 203.0.113.0/24 or 203.0.113.7/32:443."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for range in var.egress : can(regex("^[0-9a-fA-F:.]+/[0-9]{1,3}(:[0-9]{1,5})?$", range))])
    error_message = "Each range must be written as 203.0.113.0/24 or 203.0.113.7/32:443."
  }
}

variable "start_timeout" {
  type        = string
  description = "How long a start may take until the workload is ready, such as 60s or 2m; null for the usual time."
  default     = null

  validation {
    condition     = var.start_timeout == null || can(regex("^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$", var.start_timeout))
    error_message = "The start timeout must be a duration such as 30s or 2m."
  }
}
