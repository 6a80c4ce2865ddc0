variable "sku" {
  type        = string
  description = "Pricing tier of the workspace: PerGB2018, CapacityReservation (with reservation_capacity_gb) or LACluster."
  default     = "PerGB2018"
  nullable    = false

  validation {
    condition     = contains(["PerGB2018", "CapacityReservation", "LACluster"], var.sku)
    error_message = "The tier must be PerGB2018, CapacityReservation or LACluster."
  }
}

variable "reservation_capacity_gb" {
  type        = number
  description = "Gigabytes a day that are paid in advance, for the tier CapacityReservation."
  default     = null

  validation {
    condition     = (var.reservation_capacity_gb != null) == (var.sku == "CapacityReservation")
    error_message = "reservation_capacity_gb goes with the tier CapacityReservation, and with no other."
  }

  validation {
    condition     = var.reservation_capacity_gb == null ? true : contains([100, 200, 300, 400, 500, 1000, 2000, 5000, 10000, 25000, 50000], var.reservation_capacity_gb)
    error_message = "The capacity must be 100, 200, 300, 400, 500, 1000, 2000, 5000, 10000, 25000 or 50000."
  }
}

variable "retention_days" {
  type        = number
  description = "Days that logs are kept."
  default     = 90
  nullable    = false

  validation {
    condition     = var.retention_days >= 30 && var.retention_days <= 730
    error_message = "Logs are kept 30 to 730 days."
  }
}

variable "daily_quota_gb" {
  type        = number
  description = "Gigabytes a day that the workspace takes; -1 is any."
  default     = -1
  nullable    = false

  validation {
    condition     = var.daily_quota_gb == -1 || var.daily_quota_gb >= 0.023
    error_message = "The quota must be -1 or at least 0.023 gigabytes."
  }
}

variable "immediate_purge_enabled" {
  type        = bool
  description = "With 30 days of retention, data is gone right then and not some days later."
  default     = false
  nullable    = false
}

variable "customer_managed_key_for_queries_enabled" {
  type        = bool
  description = "Queries that are saved must be in a storage account with a key of your own."
  default     = false
  nullable    = false
}

variable "local_authentication_enabled" {
  type        = bool
  description = "Keys of the workspace may send data, besides Entra ID."
  default     = false
  nullable    = false
}

variable "public_network_access_enabled" {
  type        = bool
  description = "Public addresses may send data to the workspace and its Application Insights, and query them. Off, they are reached through private_link_scope."
  default     = false
  nullable    = false
}

variable "resource_permissions_enabled" {
  type        = bool
  description = "Who may read a resource may read its logs, without a role on the workspace."
  default     = true
  nullable    = false
}

variable "managed_identities" {
  type = object({
    system_assigned            = optional(bool, false)
    user_assigned_resource_ids = optional(map(string), {})
  })
  description = "Identity of the workspace: system-assigned or user-assigned, not both."
  default     = {}
  nullable    = false

  validation {
    condition     = !var.managed_identities.system_assigned || length(var.managed_identities.user_assigned_resource_ids) == 0
    error_message = "A workspace has a system-assigned identity or user-assigned ones, not both."
  }
}

variable "tables" {
  type = map(object({
    plan                 = optional(string, "Analytics")
    retention_days       = optional(number)
    total_retention_days = optional(number)
  }))
  description = "Tables with a plan or a retention of their own, by their names: retention_days is for the plan Analytics alone."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for t in var.tables : contains(["Analytics", "Basic", "Auxiliary"], t.plan) && (t.plan == "Analytics" || t.retention_days == null)])
    error_message = "A table's plan must be Analytics, Basic or Auxiliary, and only Analytics takes retention_days."
  }

  validation {
    condition     = alltrue([for t in var.tables : t.total_retention_days == null ? true : t.total_retention_days >= coalesce(t.retention_days, 4) && t.total_retention_days <= 4383])
    error_message = "A table's total retention must be at least its retention, and at most 4383 days."
  }
}

variable "application_insights" {
  type = map(object({
    name                                = optional(string)
    application_type                    = optional(string, "web")
    retention_days                      = optional(number, 90)
    sampling_percentage                 = optional(number, 100)
    daily_cap_gb                        = optional(number, 100)
    ip_masking_enabled                  = optional(bool, true)
    local_authentication_enabled        = optional(bool, false)
    force_customer_storage_for_profiler = optional(bool, false)
  }))
  description = "Application Insights components on the workspace, by keys of your choice."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.application_insights : contains(["java", "MobileCenter", "Node.JS", "other", "web"], a.application_type)])
    error_message = "The type of application must be java, MobileCenter, Node.JS, other or web."
  }

  validation {
    condition     = alltrue([for a in var.application_insights : contains([30, 60, 90, 120, 180, 270, 365, 550, 730], a.retention_days) && a.sampling_percentage > 0 && a.sampling_percentage <= 100 && a.daily_cap_gb >= 0])
    error_message = "Telemetry is kept 30, 60, 90, 120, 180, 270, 365, 550 or 730 days, and sampled by more than 0 and at most 100 per cent."
  }
}

variable "private_link_scope" {
  type = object({
    name                  = optional(string)
    ingestion_access_mode = optional(string, "PrivateOnly")
    query_access_mode     = optional(string, "PrivateOnly")
    linked_resource_ids   = optional(map(string), {})
  })
  description = "Azure Monitor private link scope with the workspace and its Application Insights, and what else is linked (data collection endpoints), by keys of your choice. Null makes none."
  default     = {}

  validation {
    condition     = var.private_link_scope == null ? true : alltrue([for mode in [var.private_link_scope.ingestion_access_mode, var.private_link_scope.query_access_mode] : contains(["Open", "PrivateOnly"], mode)])
    error_message = "An access mode must be Open or PrivateOnly."
  }

  validation {
    condition     = var.private_link_scope != null || length(var.private_endpoints) == 0
    error_message = "Private endpoints need a private link scope."
  }
}

variable "private_endpoints" {
  type = map(object({
    subnet_resource_id            = string
    name                          = optional(string)
    private_dns_zone_resource_ids = optional(map(string), {})
    resource_group_name           = optional(string)
  }))
  description = "Private endpoints of the private link scope, by keys of your choice: the subnet, and the five private DNS zones of Azure Monitor to register in (monitor, oms, ods, agentsvc, blob), by keys of your choice."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for e in var.private_endpoints : can(regex("(?i)/subnets/[^/]+$", e.subnet_resource_id))])
    error_message = "Each private endpoint's subnet_resource_id must be the resource id of a subnet."
  }
}
