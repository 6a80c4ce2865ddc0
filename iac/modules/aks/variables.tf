variable "tenant_id" {
  type        = string
  description = "Entra tenant of the people who use the cluster; null is the subscription's."
  default     = null

  validation {
    condition     = var.tenant_id == null ? true : can(regex("^[0-9a-fA-F-]{36}$", var.tenant_id))
    error_message = "The tenant id must be a GUID."
  }
}

variable "admin_group_object_ids" {
  type        = set(string)
  description = "Object ids of the Entra groups that administer the cluster. Others get in by Azure's roles, through role_assignments."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.admin_group_object_ids : can(regex("^[0-9a-fA-F-]{36}$", id))])
    error_message = "A group is given by its object id, a GUID."
  }
}

variable "sku_tier" {
  type        = string
  description = "Free (no guarantee), Standard (a guaranteed API server) or Premium (long-term support too)."
  default     = "Standard"
  nullable    = false

  validation {
    condition     = contains(["Free", "Standard", "Premium"], var.sku_tier)
    error_message = "The tier must be Free, Standard or Premium."
  }
}

variable "support_plan" {
  type        = string
  description = "KubernetesOfficial, or AKSLongTermSupport, which needs the tier Premium."
  default     = "KubernetesOfficial"
  nullable    = false

  validation {
    condition     = var.support_plan == "KubernetesOfficial" || (var.support_plan == "AKSLongTermSupport" && var.sku_tier == "Premium")
    error_message = "The plan must be KubernetesOfficial, or AKSLongTermSupport with the tier Premium."
  }
}

variable "kubernetes_version" {
  type        = string
  description = "Version of Kubernetes: a minor one, such as 1.34, whose patches the upgrade channel follows. Null is Azure's default."
  default     = null

  validation {
    condition     = var.kubernetes_version == null ? true : can(regex("^1\\.[0-9]{2}(\\.[0-9]+)?$", var.kubernetes_version))
    error_message = "The version must look like 1.34 or 1.34.2."
  }
}

variable "automatic_upgrade_channel" {
  type        = string
  description = "What is upgraded by itself in the maintenance window: patch, stable, rapid, node-image or none."
  default     = "patch"
  nullable    = false

  validation {
    condition     = contains(["patch", "stable", "rapid", "node-image", "none"], var.automatic_upgrade_channel)
    error_message = "The channel must be patch, stable, rapid, node-image or none."
  }
}

variable "node_os_upgrade_channel" {
  type        = string
  description = "How nodes get new images: NodeImage, SecurityPatch, Unmanaged or None."
  default     = "NodeImage"
  nullable    = false

  validation {
    condition     = contains(["NodeImage", "SecurityPatch", "Unmanaged", "None"], var.node_os_upgrade_channel) && (var.automatic_upgrade_channel != "node-image" || var.node_os_upgrade_channel == "NodeImage")
    error_message = "The channel must be NodeImage, SecurityPatch, Unmanaged or None, and NodeImage where automatic_upgrade_channel is node-image."
  }
}

variable "maintenance_windows" {
  type = object({
    auto_upgrade = optional(object({
      frequency      = optional(string, "Weekly")
      interval       = optional(number, 1)
      duration_hours = optional(number, 4)
      day_of_week    = optional(string)
      day_of_month   = optional(number)
      week_index     = optional(string)
      start_time     = optional(string, "01:00")
      utc_offset     = optional(string, "+00:00")
      not_allowed    = optional(map(object({ start = string, end = string })), {})
    }), { day_of_week = "Sunday" })
    node_os = optional(object({
      frequency      = optional(string, "Weekly")
      interval       = optional(number, 1)
      duration_hours = optional(number, 4)
      day_of_week    = optional(string)
      day_of_month   = optional(number)
      week_index     = optional(string)
      start_time     = optional(string, "01:00")
      utc_offset     = optional(string, "+00:00")
      not_allowed    = optional(map(object({ start = string, end = string })), {})
    }), { day_of_week = "Saturday" })
  })
  description = "When Kubernetes and when the nodes' images may be upgraded; not_allowed are spans of time (RFC 3339), by keys of your choice. Null is at any time."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for w in [for w in values(var.maintenance_windows) : w if w != null] : contains(["Daily", "Weekly", "AbsoluteMonthly", "RelativeMonthly"], w.frequency) && w.duration_hours >= 4 && w.duration_hours <= 24 && can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", w.start_time))])
    error_message = "A window is Daily, Weekly, AbsoluteMonthly or RelativeMonthly, lasts 4 to 24 hours and starts at HH:MM."
  }

  validation {
    condition     = var.maintenance_windows.auto_upgrade == null ? true : var.maintenance_windows.auto_upgrade.frequency != "Daily"
    error_message = "Kubernetes is upgraded weekly or monthly, not daily."
  }

  validation {
    condition     = alltrue([for w in [for w in values(var.maintenance_windows) : w if w != null] : (contains(["Weekly", "RelativeMonthly"], w.frequency)) == (w.day_of_week != null) && (w.frequency == "RelativeMonthly") == (w.week_index != null) && (w.frequency == "AbsoluteMonthly") == (w.day_of_month != null)])
    error_message = "Weekly windows have a day_of_week, RelativeMonthly ones a week_index too, AbsoluteMonthly ones a day_of_month."
  }
}

variable "cost_analysis_enabled" {
  type        = bool
  description = "Costs by namespace in Cost Management; not with the tier Free."
  default     = true
  nullable    = false
}

variable "dns_prefix" {
  type        = string
  description = "First part of the API server's name; null is the cluster's name."
  default     = null

  validation {
    condition     = var.dns_prefix == null ? true : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?$", var.dns_prefix))
    error_message = "The prefix must have 1 to 54 letters, digits and hyphens, and start and end with a letter or digit."
  }
}

variable "node_resource_group_name" {
  type        = string
  description = "Name of the resource group that Azure makes for the nodes; null derives it from the names of group and cluster."
  default     = null

  validation {
    condition     = var.node_resource_group_name == null ? true : can(regex("^[-\\w.()]{0,79}[-\\w()]$", var.node_resource_group_name))
    error_message = "The group's name must have at most 80 letters, digits, underscores, hyphens, dots and parentheses."
  }
}

variable "managed_identities" {
  type = object({
    user_assigned_resource_ids = optional(map(string), {})
  })
  description = "The cluster's user-assigned identity; it needs Network Contributor on the subnet, Private DNS Zone Contributor on private_dns_zone and Managed Identity Operator on kubelet_identity. Without one it is system-assigned."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.managed_identities.user_assigned_resource_ids) <= 1
    error_message = "A cluster takes one user-assigned identity."
  }
}

variable "kubelet_identity" {
  type = object({
    client_id   = string
    object_id   = string
    resource_id = string
  })
  description = "User-assigned identity of the nodes, which pulls images. Null lets Azure make one."
  default     = null

  validation {
    condition     = var.kubelet_identity == null || length(var.managed_identities.user_assigned_resource_ids) == 1
    error_message = "A kubelet identity of your own needs a user-assigned identity of the cluster, which hands it out."
  }
}

variable "customer_managed_key" {
  type = object({
    key_id                             = string
    user_assigned_identity_resource_id = string
  })
  description = "Encryption of disks with a key of your own, besides the platform's: the versionless id of a Key Vault key, and the identity that may use it."
  default     = null

  validation {
    condition     = var.customer_managed_key == null ? true : can(regex("^https://[^/]+/keys/[^/]+$", var.customer_managed_key.key_id))
    error_message = "customer_managed_key.key_id must be versionless: https://<vault>/keys/<name>."
  }
}

variable "key_management_service" {
  type = object({
    key_id         = string
    network_access = optional(string, "Private")
  })
  description = "Encryption of secrets in etcd with a key of your own: the id of a Key Vault key with its version, and whether the vault is reached over the Private or Public network. Private needs api_server_subnet."
  default     = null

  validation {
    condition     = var.key_management_service == null ? true : can(regex("^https://[^/]+/keys/[^/]+/[^/]+$", var.key_management_service.key_id)) && contains(["Private", "Public"], var.key_management_service.network_access)
    error_message = "key_management_service.key_id must carry the key's version, and network_access must be Private or Public."
  }

  validation {
    condition     = var.key_management_service == null ? true : var.key_management_service.network_access == "Public" || var.api_server_subnet != null
    error_message = "A private vault is reached through api_server_subnet."
  }
}

variable "log_analytics_workspace" {
  type = object({
    resource_id = string
  })
  description = "Log Analytics workspace of Container Insights and Defender. Null turns both off."
  default     = null
}

variable "defender_enabled" {
  type        = bool
  description = "Microsoft Defender for Containers watches the nodes, where there is a log_analytics_workspace."
  default     = true
  nullable    = false
}

variable "prometheus_metrics" {
  type = object({
    annotations_allowed = optional(string)
    labels_allowed      = optional(string)
  })
  description = "Metrics for managed Prometheus, and which annotations and labels they carry. Null collects none."
  default     = {}
}

variable "service_mesh" {
  type = object({
    revisions                        = list(string)
    internal_ingress_gateway_enabled = optional(bool, true)
    external_ingress_gateway_enabled = optional(bool, false)
    certificate_authority = optional(object({
      key_vault_resource_id  = string
      root_certificate_name  = string
      certificate_chain_name = string
      certificate_name       = string
      key_name               = string
    }))
  })
  description = "Istio as Azure runs it: its revisions (two during an upgrade), ingress gateways, and a certificate authority of your own in Key Vault. Null runs none."
  default     = null

  validation {
    condition     = var.service_mesh == null ? true : length(var.service_mesh.revisions) >= 1 && length(var.service_mesh.revisions) <= 2 && alltrue([for r in var.service_mesh.revisions : can(regex("^asm-[0-9]+-[0-9]+$", r))])
    error_message = "A mesh has one or two revisions, such as asm-1-27."
  }
}

variable "deployment_safeguards" {
  type = object({
    level                        = optional(string, "Warn")
    pod_security_standards_level = optional(string, "Baseline")
    excluded_namespaces          = optional(set(string), [])
  })
  description = "What Azure says about workloads that break good practice: Warn, or Enforce to refuse them; the Pod Security Standard they keep; namespaces to leave out. Null is nothing."
  default     = {}

  validation {
    condition     = var.deployment_safeguards == null ? true : contains(["Warn", "Enforce"], var.deployment_safeguards.level) && contains(["Privileged", "Baseline", "Restricted"], var.deployment_safeguards.pod_security_standards_level)
    error_message = "The level must be Warn or Enforce, the Pod Security Standard Privileged, Baseline or Restricted."
  }
}

variable "keda_enabled" {
  type        = bool
  description = "KEDA scales workloads by events."
  default     = true
  nullable    = false
}

variable "vertical_pod_autoscaler_enabled" {
  type        = bool
  description = "The vertical pod autoscaler sets what pods ask for."
  default     = false
  nullable    = false
}

variable "secret_rotation_interval" {
  type        = string
  description = "How often mounted secrets are read from Key Vault again."
  default     = "2m"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+(s|m|h)$", var.secret_rotation_interval))
    error_message = "The interval must be a duration such as 2m."
  }
}

variable "image_cleaner_interval_hours" {
  type        = number
  description = "Hours between removals of images that no pod uses."
  default     = 48
  nullable    = false

  validation {
    condition     = var.image_cleaner_interval_hours >= 24 && var.image_cleaner_interval_hours <= 2160
    error_message = "The interval must be 24 to 2160 hours."
  }
}

variable "storage_drivers" {
  type = object({
    blob      = optional(bool, false)
    disk      = optional(bool, true)
    file      = optional(bool, true)
    snapshots = optional(bool, true)
  })
  description = "Drivers of volumes: blob, disk, file, and snapshots of disks."
  default     = {}
  nullable    = false
}
