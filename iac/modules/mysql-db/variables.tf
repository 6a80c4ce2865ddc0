variable "existing_server" {
  type = object({
    resource_id = string
  })
  description = "A MySQL flexible server that exists already: only databases are added to it, and what would act on the server itself is refused. Null makes a server."
  default     = null

  validation {
    condition     = var.existing_server == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.DBforMySQL/flexibleServers/[^/]+$", var.existing_server.resource_id))
    error_message = "existing_server.resource_id must be the resource id of a MySQL flexible server."
  }

  validation {
    condition     = var.existing_server == null ? true : length(var.databases) > 0
    error_message = "With existing_server there is nothing to make unless databases has an entry."
  }

  validation {
    condition = var.existing_server == null ? true : alltrue([
      var.lock == null,
      length(var.role_assignments) == 0,
      length(var.diagnostic_settings) == 0,
      length(var.private_endpoints) == 0,
    ])
    error_message = "With existing_server, lock, role_assignments, diagnostic_settings and private_endpoints must stay empty: they belong to who made the server."
  }

  validation {
    condition = var.existing_server == null ? true : alltrue([
      var.delegated_subnet == null,
      var.restore == null,
      var.customer_managed_key == null,
      var.entra_administrator == null,
      var.administrator_password_key_vault == null,
      length(var.managed_identities.user_assigned_resource_ids) == 0,
      length(var.firewall_rules) == 0,
      length(var.parameters) == 0,
    ])
    error_message = "With existing_server, only databases may be given: the server's network, identities, keys, administrators and parameters belong to who made it."
  }
}

variable "databases" {
  type = map(object({
    name      = optional(string)
    charset   = optional(string, "utf8mb4")
    collation = optional(string, "utf8mb4_0900_ai_ci")
  }))
  description = "Databases, by keys of your choice. Without a name it is the key, and on an existing server the module's name, a hyphen and the key."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for d in var.databases : d.name == null ? true : can(regex("^[a-zA-Z0-9_$-]{1,64}$", d.name))])
    error_message = "The name of a database must have 1 to 64 letters, digits, underscores, dollar signs and hyphens."
  }

  validation {
    condition     = alltrue([for key, d in var.databases : !contains(["mysql", "sys", "information_schema", "performance_schema"], lower(coalesce(d.name, key)))])
    error_message = "mysql, sys, information_schema and performance_schema are MySQL's own databases."
  }
}

variable "mysql_version" {
  type        = string
  description = "Version of MySQL."
  default     = "8.4"
  nullable    = false

  validation {
    condition     = contains(["8.0.21", "8.4"], var.mysql_version)
    error_message = "The version of MySQL must be 8.0.21 or 8.4."
  }
}

variable "sku_name" {
  type        = string
  description = "Size: the tier (B, GP or MO) and the name of the virtual machine, such as B_Standard_B2s or GP_Standard_D2ads_v5. Burstable sizes have no standby."
  default     = "GP_Standard_D2ads_v5"
  nullable    = false

  validation {
    condition     = can(regex("^(B|GP|MO)_Standard_[A-Za-z0-9_]+$", var.sku_name))
    error_message = "The size must start with B_Standard_, GP_Standard_ or MO_Standard_."
  }
}

variable "storage" {
  type = object({
    size_gb             = optional(number)
    auto_grow_enabled   = optional(bool, true)
    io_scaling_enabled  = optional(bool, true)
    iops                = optional(number)
    log_on_disk_enabled = optional(bool, false)
  })
  description = "Storage. With auto_grow_enabled leave size_gb to Azure, or raise it in time: a size below what the server has grown to would replace the server. iops only without io_scaling_enabled."
  default     = {}
  nullable    = false

  validation {
    condition     = var.storage.size_gb == null ? true : var.storage.size_gb >= 20 && var.storage.size_gb <= 16384
    error_message = "The storage must have 20 to 16384 GB."
  }

  validation {
    condition     = var.storage.iops == null || !var.storage.io_scaling_enabled
    error_message = "iops cannot be set while Azure scales them (io_scaling_enabled)."
  }
}

variable "zone" {
  type        = string
  description = "Availability zone of the primary: 1, 2 or 3. Null leaves it to Azure; a later failover is not undone."
  default     = null

  validation {
    condition     = var.zone == null ? true : contains(["1", "2", "3"], var.zone)
    error_message = "The zone must be 1, 2 or 3."
  }
}

variable "zone_redundant" {
  type        = bool
  description = "A standby in another availability zone."
  default     = true
  nullable    = false

  validation {
    condition     = !(var.zone_redundant && startswith(var.sku_name, "B_"))
    error_message = "Burstable sizes have no standby: set zone_redundant to false or take a GP or MO size."
  }

  validation {
    condition     = !(var.zone_redundant && var.same_zone_standby_enabled)
    error_message = "A standby is either in another zone (zone_redundant) or in the same one (same_zone_standby_enabled)."
  }
}

variable "standby_zone" {
  type        = string
  description = "Availability zone of the standby, for zone_redundant. Null leaves it to Azure."
  default     = null

  validation {
    condition     = var.standby_zone == null ? true : contains(["1", "2", "3"], var.standby_zone) && var.zone_redundant && var.standby_zone != coalesce(var.zone, "none")
    error_message = "The standby's zone must be 1, 2 or 3, not the primary's, and needs zone_redundant."
  }
}

variable "same_zone_standby_enabled" {
  type        = bool
  description = "A standby in the same zone, for regions without zones."
  default     = false
  nullable    = false

  validation {
    condition     = !(var.same_zone_standby_enabled && startswith(var.sku_name, "B_"))
    error_message = "Burstable sizes have no standby."
  }
}

variable "backup_retention_days" {
  type        = number
  description = "Days that backups are kept."
  default     = 14
  nullable    = false

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "Backups are kept 1 to 35 days."
  }
}

variable "geo_redundant_backup_enabled" {
  type        = bool
  description = "Backups in the paired region too. It cannot be changed later without a new server."
  default     = true
  nullable    = false
}

variable "maintenance_window" {
  type = object({
    day_of_week  = number
    start_hour   = optional(number, 3)
    start_minute = optional(number, 0)
  })
  description = "When Azure may maintain the server: day_of_week 0 is Sunday, times are UTC. Null leaves it to Azure."
  default     = null

  validation {
    condition     = var.maintenance_window == null ? true : var.maintenance_window.day_of_week >= 0 && var.maintenance_window.day_of_week <= 6 && var.maintenance_window.start_hour >= 0 && var.maintenance_window.start_hour <= 23
    error_message = "day_of_week goes from 0 (Sunday) to 6, start_hour from 0 to 23."
  }
}

variable "restore" {
  type = object({
    mode                      = string
    source_server_resource_id = string
    point_in_time             = optional(string)
  })
  description = "Makes the server from another one: mode PointInTimeRestore (with point_in_time in RFC 3339), GeoRestore or Replica."
  default     = null

  validation {
    condition     = var.restore == null ? true : contains(["PointInTimeRestore", "GeoRestore", "Replica"], var.restore.mode) && (var.restore.mode == "PointInTimeRestore") == (var.restore.point_in_time != null)
    error_message = "restore.mode must be PointInTimeRestore, GeoRestore or Replica; point_in_time belongs to PointInTimeRestore and is required there."
  }
}

variable "managed_identities" {
  type = object({
    user_assigned_resource_ids = optional(map(string), {})
  })
  description = "User-assigned identities of the server, by keys of your choice; those of customer_managed_key and entra_administrator are added. MySQL takes no system-assigned identity."
  default     = {}
  nullable    = false
}

variable "customer_managed_key" {
  type = object({
    key_id                                        = string
    user_assigned_identity_resource_id            = string
    geo_backup_key_id                             = optional(string)
    geo_backup_user_assigned_identity_resource_id = optional(string)
  })
  description = "Encryption with a key of your own: the versionless id of a Key Vault key and the identity that may use it; with geo-redundant backups also those in the paired region."
  default     = null

  validation {
    condition     = var.customer_managed_key == null ? true : can(regex("^https://[^/]+/keys/[^/]+$", var.customer_managed_key.key_id))
    error_message = "customer_managed_key.key_id must be the versionless id of a Key Vault key: https://<vault>/keys/<name>."
  }

  validation {
    condition     = var.customer_managed_key == null ? true : var.geo_redundant_backup_enabled == (var.customer_managed_key.geo_backup_key_id != null) && (var.customer_managed_key.geo_backup_key_id == null) == (var.customer_managed_key.geo_backup_user_assigned_identity_resource_id == null)
    error_message = "Geo-redundant backups under a key of your own need geo_backup_key_id and geo_backup_user_assigned_identity_resource_id, and nothing else takes them."
  }
}
