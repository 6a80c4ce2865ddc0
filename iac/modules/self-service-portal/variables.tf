variable "registry" {
  type = object({
    name                  = optional(string)
    sku                   = optional(string, "Premium")
    zone_redundant        = optional(bool, true)
    public_access         = optional(bool, false)
    export_enabled        = optional(bool, false)
    retention_days        = optional(number, 30)
    replica_locations     = optional(set(string), [])
    allowed_ip_ranges     = optional(set(string), [])
    trusted_services      = optional(bool, true)
    repository_rbac       = optional(bool, true)
    data_endpoint_enabled = optional(bool, true)
  })
  description = "Registry of the platform's and the workloads' images. Its name is the module's without other characters than letters and digits unless it is given."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["Basic", "Standard", "Premium"], var.registry.sku)
    error_message = "The registry's sku must be Basic, Standard or Premium."
  }

  validation {
    condition     = var.registry.name == null ? true : can(regex("^[a-zA-Z0-9]{5,50}$", var.registry.name))
    error_message = "The registry's name must have 5 to 50 letters and digits."
  }

  validation {
    condition     = var.registry.sku == "Premium" || (var.registry.public_access && length(var.registry.replica_locations) == 0 && length(var.registry.allowed_ip_ranges) == 0)
    error_message = "A registry that is private, replicated or limited to addresses needs the sku Premium."
  }

  validation {
    condition     = !var.registry.export_enabled ? true : var.registry.public_access
    error_message = "Images can be exported only from a registry with public access."
  }
}

variable "customer_managed_key" {
  type = object({
    key_id                             = string
    user_assigned_identity_resource_id = string
    user_assigned_identity_client_id   = string
  })
  description = "Key that encrypts the registry: its versionless id, and the identity that may use it. Null is a key of the service."
  default     = null

  validation {
    condition     = var.customer_managed_key == null ? true : can(regex("^https://[^/]+/keys/[^/]+$", var.customer_managed_key.key_id))
    error_message = "The key_id must be versionless: https://<vault>/keys/<name>."
  }

  validation {
    condition     = var.customer_managed_key == null || var.registry.sku == "Premium"
    error_message = "A registry with a key of its owner needs the sku Premium."
  }
}

variable "environment" {
  type = object({
    name                = optional(string)
    subnet_resource_id  = string
    workspace_id        = string
    zone_redundant      = optional(bool, true)
    mutual_tls          = optional(bool, true)
    infrastructure_name = optional(string)
    workload_profiles = optional(map(object({
      type    = string
      minimum = optional(number)
      maximum = optional(number)
    })), {})
  })
  description = "Environment that runs the portal, behind an internal load balancer: its subnet (delegated to Microsoft.App/environments, at least a /27), and the Log Analytics workspace of its logs. Null where the portal runs elsewhere, on AKS for one."
  default     = null
}

variable "portal" {
  type = object({
    name                           = optional(string)
    image                          = string
    identity_resource_id           = string
    pulls_from_registry            = optional(bool, false)
    command                        = optional(list(string))
    args                           = optional(list(string))
    cpu                            = optional(number, 0.5)
    memory                         = optional(string, "1Gi")
    min_replicas                   = optional(number, 1)
    max_replicas                   = optional(number, 3)
    concurrent_requests            = optional(number, 50)
    port                           = optional(number, 7080)
    health_path                    = optional(string, "/healthz")
    variables                      = optional(map(string), {})
    secrets                        = optional(map(string), {})
    workload_profile_name          = optional(string, "Consumption")
    reachable_from_virtual_network = optional(bool, true)
  })
  description = "The portal: its image, the user-assigned identity that it is (and pulls and reads secrets as), its variables, and variables that are secrets of Key Vault by their versionless ids. Null runs none yet."
  default     = null

  validation {
    condition     = var.portal == null || var.environment != null
    error_message = "A portal needs an environment to run in."
  }

  validation {
    condition     = var.portal == null ? true : can(regex("^[^\\s]+[:@][^\\s]+$", var.portal.image)) && !endswith(var.portal.image, ":latest")
    error_message = "The portal's image needs a tag or a digest, and the tag may not be latest."
  }

  validation {
    condition     = var.portal == null ? true : var.portal.min_replicas >= 0 && var.portal.max_replicas >= max(1, var.portal.min_replicas) && var.portal.max_replicas <= 300
    error_message = "The portal has 0 or more replicas, and at most 300."
  }

  validation {
    condition     = var.portal == null ? true : alltrue([for id in values(var.portal.secrets) : can(regex("^https://[^/]+/secrets/[^/]+(/[^/]+)?$", id))])
    error_message = "Each secret is the id of one in Key Vault: https://<vault>/secrets/<name>."
  }
}
