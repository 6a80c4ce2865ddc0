variable "existing_redis" {
  type = object({
    resource_id = string
  })
  description = "A Managed Redis that exists already: only access policy assignments, and the secret of access_keys_key_vault, are added to it; what would act on the instance itself is refused. Null makes an instance."
  default     = null

  validation {
    condition     = var.existing_redis == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Cache/redisEnterprise/[^/]+$", var.existing_redis.resource_id))
    error_message = "existing_redis.resource_id must be the resource id of a Managed Redis (Microsoft.Cache/redisEnterprise)."
  }

  validation {
    condition     = var.existing_redis == null ? true : length(var.access_policy_assignments) > 0 || var.access_keys_key_vault != null
    error_message = "With existing_redis there is nothing to make unless access_policy_assignments or access_keys_key_vault is given."
  }

  validation {
    condition = var.existing_redis == null ? true : alltrue([
      var.lock == null,
      length(var.role_assignments) == 0,
      length(var.diagnostic_settings) == 0,
      length(var.private_endpoints) == 0,
      var.customer_managed_key == null,
      !var.managed_identities.system_assigned,
      length(var.managed_identities.user_assigned_resource_ids) == 0,
      var.persistence == null,
      length(var.database_modules) == 0,
      var.geo_replication == null,
    ])
    error_message = "With existing_redis, lock, role_assignments, diagnostic_settings, private_endpoints, identities, keys, persistence, modules and geo-replication must stay empty: they belong to who made the instance."
  }
}

variable "sku_name" {
  type        = string
  description = "Size of the instance: Balanced_B0 to Balanced_B1000, MemoryOptimized_M10 …, ComputeOptimized_X3 … or FlashOptimized_A250 ….."
  default     = "Balanced_B1"
  nullable    = false

  validation {
    condition     = can(regex("^(Balanced_B|MemoryOptimized_M|ComputeOptimized_X|FlashOptimized_A)[0-9]+$", var.sku_name))
    error_message = "The size must be one of Managed Redis, such as Balanced_B1: Balanced_B…, MemoryOptimized_M…, ComputeOptimized_X… or FlashOptimized_A…."
  }
}

variable "high_availability_enabled" {
  type        = bool
  description = "A replica of each shard, in another zone where the region has zones. It cannot be changed later without a new instance."
  default     = true
  nullable    = false
}

variable "public_network_access_enabled" {
  type        = bool
  description = "Access from public addresses."
  default     = false
  nullable    = false
}

variable "clustering_policy" {
  type        = string
  description = "OSSCluster (clients speak the cluster protocol), EnterpriseCluster (one endpoint, for clients that do not) or NoCluster. A change makes the database anew and loses its data."
  default     = "OSSCluster"
  nullable    = false

  validation {
    condition     = contains(["OSSCluster", "EnterpriseCluster", "NoCluster"], var.clustering_policy)
    error_message = "The clustering policy must be OSSCluster, EnterpriseCluster or NoCluster."
  }
}

variable "eviction_policy" {
  type        = string
  description = "What goes when memory is full."
  default     = "VolatileLRU"
  nullable    = false

  validation {
    condition     = contains(["AllKeysLFU", "AllKeysLRU", "AllKeysRandom", "VolatileLRU", "VolatileLFU", "VolatileTTL", "VolatileRandom", "NoEviction"], var.eviction_policy)
    error_message = "The eviction policy must be AllKeysLFU, AllKeysLRU, AllKeysRandom, VolatileLRU, VolatileLFU, VolatileTTL, VolatileRandom or NoEviction."
  }
}

variable "persistence" {
  type = object({
    append_only_file_frequency = optional(string)
    snapshot_frequency         = optional(string)
  })
  description = "Data on disk: append_only_file_frequency 1s, or snapshot_frequency 1h, 6h or 12h. Null keeps it in memory alone."
  default     = null

  validation {
    condition     = var.persistence == null ? true : (var.persistence.append_only_file_frequency == null) != (var.persistence.snapshot_frequency == null)
    error_message = "Persistence is by append_only_file_frequency or by snapshot_frequency: one of the two."
  }

  validation {
    condition     = var.persistence == null ? true : contains(["1s"], coalesce(var.persistence.append_only_file_frequency, "1s")) && contains(["1h", "6h", "12h"], coalesce(var.persistence.snapshot_frequency, "1h"))
    error_message = "append_only_file_frequency must be 1s, snapshot_frequency 1h, 6h or 12h."
  }
}

variable "database_modules" {
  type        = map(string)
  description = "Redis modules and their arguments (may be empty): RedisBloom, RedisTimeSeries, RediSearch, RedisJSON. A change makes the database anew and loses its data."
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.database_modules), ["RedisBloom", "RedisTimeSeries", "RediSearch", "RedisJSON"])) == 0
    error_message = "Modules are RedisBloom, RedisTimeSeries, RediSearch and RedisJSON."
  }

  validation {
    condition     = !contains(keys(var.database_modules), "RediSearch") || (var.eviction_policy == "NoEviction" && var.clustering_policy == "EnterpriseCluster")
    error_message = "RediSearch needs eviction_policy NoEviction and clustering_policy EnterpriseCluster."
  }
}

variable "geo_replication" {
  type = object({
    group_name          = string
    linked_resource_ids = optional(map(string), {})
  })
  description = "Active geo-replication: the group's name, and the other instances to link (on one of the members only), by keys of your choice."
  default     = null

  validation {
    condition     = var.geo_replication == null ? true : var.persistence == null && !contains(["Balanced_B0", "Balanced_B1"], var.sku_name)
    error_message = "Geo-replication excludes persistence and needs at least Balanced_B3."
  }

  validation {
    condition     = var.geo_replication == null ? true : length(var.geo_replication.linked_resource_ids) <= 4
    error_message = "A group has at most five members, this one included."
  }
}

variable "managed_identities" {
  type = object({
    system_assigned            = optional(bool, false)
    user_assigned_resource_ids = optional(map(string), {})
  })
  description = "Identities of the instance; that of customer_managed_key is added."
  default     = {}
  nullable    = false
}

variable "customer_managed_key" {
  type = object({
    key_id                             = string
    user_assigned_identity_resource_id = string
  })
  description = "Encryption of disks with a key of your own: the id of a Key Vault key with its version (Managed Redis takes no versionless one) and the identity that may use it."
  default     = null

  validation {
    condition     = var.customer_managed_key == null ? true : can(regex("^https://[^/]+/keys/[^/]+/[0-9a-f]+$", var.customer_managed_key.key_id))
    error_message = "customer_managed_key.key_id must carry the key's version: https://<vault>/keys/<name>/<version>."
  }
}

variable "access_policy_assignments" {
  type = map(object({
    object_id = string
  }))
  description = "Who may use the data through Entra ID, by keys of your choice: object ids of users, groups, service principals or managed identities."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.access_policy_assignments : can(regex("^[0-9a-fA-F-]{36}$", a.object_id))])
    error_message = "object_id must be a GUID."
  }
}

variable "access_keys_key_vault" {
  type = object({
    key_vault_resource_id = string
    secret_name           = string
    expiration_date       = optional(string)
    readers               = optional(map(string), {})
  })
  description = "For clients that cannot sign in through Entra ID: turns access keys on (an existing instance must have them on) and keeps the primary key in this Key Vault secret. The key is then in the Terraform state too; it is never an output. Null leaves access keys off. readers are principal ids, by keys of your choice, of identities that may read this secret and no other."
  default     = null

  validation {
    condition     = var.access_keys_key_vault == null ? true : can(regex("^[a-zA-Z0-9-]{1,127}$", var.access_keys_key_vault.secret_name))
    error_message = "The secret's name must have 1 to 127 letters, digits and hyphens."
  }
}
