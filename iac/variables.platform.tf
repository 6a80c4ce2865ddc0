variable "aks" {
  type = object({
    sku_tier           = optional(string, "Standard")
    kubernetes_version = optional(string, "1.34")
    authorized_groups  = optional(set(string), [])
    os_disk_size_gb    = optional(number, 128)
    system_pool        = optional(object({ vm_size = optional(string, "Standard_D4ds_v5"), min = optional(number, 3), max = optional(number, 6) }), {})
    workload_pool      = optional(object({ vm_size = optional(string, "Standard_D8ds_v5"), min = optional(number, 3), max = optional(number, 20) }), {})
  })
  description = "Kubernetes cluster: tier, version, the Entra groups that administer it, the size of the nodes' disks (ephemeral: at most what the machine has), and its node pools, which scale between min and max."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["Free", "Standard", "Premium"], var.aks.sku_tier)
    error_message = "The tier must be Free, Standard or Premium."
  }

  validation {
    condition     = alltrue([for p in [var.aks.system_pool, var.aks.workload_pool] : p.min >= 1 && p.max >= p.min && p.max <= 1000])
    error_message = "A node pool scales from at least 1 to at most 1000 nodes."
  }
}

variable "gitops" {
  type = object({
    repository = string
    branch     = optional(string, "main")
  })
  description = "Git repository that the cluster's Flux reads, where Terrace commits the manifests of workloads: its https address and branch."
  nullable    = false

  validation {
    condition     = can(regex("^https://[^ ]+$", var.gitops.repository)) && can(regex("^[^ ]+$", var.gitops.branch))
    error_message = "The repository must be an https address, and the branch may not be empty."
  }
}

variable "github_repository" {
  type        = string
  description = "Repository whose workflows may push images as the stage's deployer, in its GitHub environment of the stage's name: owner/name. Null: none."
  default     = null

  validation {
    condition     = var.github_repository == null ? true : can(regex("^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$", var.github_repository))
    error_message = "The repository must have the form owner/name."
  }
}

variable "key_vault" {
  type = object({
    sku_name                   = optional(string, "premium")
    purge_protection_enabled   = optional(bool, true)
    soft_delete_retention_days = optional(number, 90)
    allowed_ip_rules           = optional(set(string), [])
  })
  description = "Key vault: premium has hardware keys; without purge protection a destroyed stage can be made again at once; addresses of runners outside of the network, if there are any."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["standard", "premium"], var.key_vault.sku_name) && var.key_vault.soft_delete_retention_days >= 7 && var.key_vault.soft_delete_retention_days <= 90
    error_message = "The sku must be standard or premium, and what is deleted is kept 7 to 90 days."
  }
}

variable "api_management" {
  type = object({
    sku_name        = optional(string, "StandardV2_1")
    publisher_name  = optional(string, "Platform team")
    publisher_email = string

    public_network_access_enabled = optional(bool, true)
    external_cache                = optional(bool, false)
  })
  description = "API management: tier and units, who the publisher is, and whether its policies keep answers in the stage's Redis (external_cache), whose key is then in the key vault and in the state. Azure takes public_network_access_enabled = false only after the first apply, and with a private endpoint, which StandardV2 has."
  nullable    = false

  validation {
    condition     = can(regex("^(Developer_1|StandardV2_([1-9]|10)|PremiumV2_([1-9]|[12][0-9]|30)|Premium_[1-9][0-9]?)$", var.api_management.sku_name))
    error_message = "The tier must be Developer_1, or StandardV2, PremiumV2 or Premium with its units: StandardV2_1."
  }
}

variable "monitoring" {
  type = object({
    retention_days = optional(number, 90)
    daily_quota_gb = optional(number, -1)
    alert_emails   = map(string)
    dashboards     = optional(bool, true)
  })
  description = "Logs: days that they are kept, gigabytes a day (-1: any), who gets alerts, by names of your choice, and whether there are Grafana dashboards."
  nullable    = false

  validation {
    condition     = var.monitoring.retention_days >= 30 && var.monitoring.retention_days <= 730
    error_message = "Logs are kept 30 to 730 days."
  }

  validation {
    condition     = length(var.monitoring.alert_emails) > 0 && alltrue([for a in values(var.monitoring.alert_emails) : can(regex("^[^@ ]+@[^@ ]+$", a))])
    error_message = "At least one address gets alerts, and each must be an e-mail address."
  }
}
