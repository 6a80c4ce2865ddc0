variable "cluster_resource_id" {
  type        = string
  description = "Resource id of the Kubernetes cluster that follows the repository."
  nullable    = false

  validation {
    condition     = can(regex("(?i)/providers/Microsoft.ContainerService/managedClusters/[^/]+$", var.cluster_resource_id))
    error_message = "cluster_resource_id must be the resource id of an AKS cluster."
  }
}

variable "stage" {
  type        = string
  description = "Stage of the cluster: the folders clusters/<stage> and workloads/<stage> of the repository are its."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.stage))
    error_message = "The stage must have 1 to 63 lower case letters, digits and hyphens."
  }
}

variable "repository" {
  type = object({
    url                      = string
    reference_type           = optional(string, "branch")
    reference                = optional(string, "main")
    provider                 = optional(string)
    secret_name              = optional(string)
    ssh_known_hosts_base64   = optional(string)
    https_ca_base64          = optional(string)
    sync_interval_in_seconds = optional(number, 120)
    timeout_in_seconds       = optional(number, 600)
  })
  description = "Git repository of the stage. Sign-in: provider Azure with workload_identity (Azure DevOps), or secret_name of a secret in the cluster; no secret passes through Terraform."
  nullable    = false

  validation {
    condition     = can(regex("^(https://|ssh://|git@)[^ ]+$", var.repository.url))
    error_message = "The repository's url must begin with https://, ssh:// or git@."
  }

  validation {
    condition     = contains(["branch", "commit", "semver", "tag"], var.repository.reference_type)
    error_message = "The reference type must be branch, commit, semver or tag."
  }

  validation {
    condition     = var.repository.provider == null ? true : contains(["Azure", "Generic", "GitHub"], var.repository.provider) && (var.repository.provider != "Azure" || var.workload_identity != null)
    error_message = "The provider must be Azure (with workload_identity), Generic or GitHub."
  }
}

variable "configurations" {
  type = map(object({
    namespace = optional(string, "flux-system")
    scope     = optional(string, "cluster")
    repository = object({
      url                      = string
      reference_type           = optional(string, "branch")
      reference                = optional(string, "main")
      provider                 = optional(string)
      secret_name              = optional(string)
      ssh_known_hosts_base64   = optional(string)
      https_ca_base64          = optional(string)
      sync_interval_in_seconds = optional(number, 120)
      timeout_in_seconds       = optional(number, 600)
    })
    kustomizations = map(object({
      path                      = string
      depends_on                = optional(list(string), [])
      substitute                = optional(map(string), {})
      prune                     = optional(bool, true)
      wait                      = optional(bool, true)
      recreate                  = optional(bool, false)
      sync_interval_in_seconds  = optional(number, 120)
      retry_interval_in_seconds = optional(number, 120)
      timeout_in_seconds        = optional(number, 600)
    }))
  }))
  description = "Further Flux configurations, by their names: a repository, and what of it is applied in which order."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, c in var.configurations : can(regex("^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$", name)) && name != "stage" && contains(["cluster", "namespace"], c.scope) && length(c.kustomizations) > 0])
    error_message = "A configuration's name has 1 to 30 lower case letters, digits and hyphens and is not stage, its scope is cluster or namespace, and it has a kustomization."
  }

  validation {
    condition     = alltrue(flatten([for c in var.configurations : [for k in c.kustomizations : length(setsubtract(k.depends_on, keys(c.kustomizations))) == 0]]))
    error_message = "depends_on names kustomizations of the same configuration."
  }
}

variable "kustomization_defaults" {
  type = object({
    prune                     = optional(bool, true)
    wait                      = optional(bool, true)
    recreate                  = optional(bool, false)
    sync_interval_in_seconds  = optional(number, 120)
    retry_interval_in_seconds = optional(number, 120)
    timeout_in_seconds        = optional(number, 600)
  })
  description = "How the stage's folders are applied: prune removes what is no longer there, wait until it is healthy, recreate what cannot be changed, and the seconds between and for it."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for s in [var.kustomization_defaults.sync_interval_in_seconds, var.kustomization_defaults.retry_interval_in_seconds, var.kustomization_defaults.timeout_in_seconds] : s >= 1 && s <= 35791394])
    error_message = "Intervals and timeout must be 1 to 35791394 seconds."
  }
}

variable "platform_values" {
  type        = map(string)
  description = "Values that manifests under clusters/<stage> may name as $${key}, besides location, resource_group, stage and the tags."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.platform_values) : can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", key))])
    error_message = "A key must have letters, digits and underscores, and not start with a digit."
  }
}

variable "workload_identity" {
  type = object({
    client_id = string
  })
  description = "Identity by which Flux signs in to repositories in Azure DevOps; its federated credential is for system:serviceaccount:flux-system:source-controller. Null needs none."
  default     = null

  validation {
    condition     = var.workload_identity == null ? true : can(regex("^[0-9a-fA-F-]{36}$", var.workload_identity.client_id))
    error_message = "The client id must be a GUID."
  }
}

variable "multi_tenancy_enforced" {
  type        = bool
  description = "Flux acts by a service account of the configuration's namespace, and not by its own."
  default     = true
  nullable    = false
}

variable "helm_enabled" {
  type        = bool
  description = "Flux applies Helm releases too."
  default     = true
  nullable    = false
}

variable "notifications_enabled" {
  type        = bool
  description = "Flux takes webhooks and tells what it did."
  default     = true
  nullable    = false
}

variable "extension_version" {
  type        = string
  description = "Version of the Flux extension. Null follows the release train Stable."
  default     = null

  validation {
    condition     = var.extension_version == null ? true : can(regex("^[0-9]+\\.[0-9]+\\.[0-9]+$", var.extension_version))
    error_message = "The version must look like 1.17.3."
  }
}

variable "extension_settings" {
  type        = map(string)
  description = "Further settings of the Flux extension, which win over the module's."
  default     = {}
  nullable    = false
}
