variable "existing_account" {
  type = object({
    resource_id = string
  })
  description = "A Cosmos DB account that exists already: databases, containers, collections, data roles and the secret of access_keys_key_vault are added to it, and what would act on the account itself is refused. Null makes an account."
  default     = null

  validation {
    condition     = var.existing_account == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.DocumentDB/databaseAccounts/[^/]+$", var.existing_account.resource_id))
    error_message = "existing_account.resource_id must be the resource id of a Cosmos DB account."
  }

  validation {
    condition     = var.existing_account == null ? true : length(var.sql_databases) + length(var.mongo_databases) > 0
    error_message = "With existing_account there is nothing to make unless sql_databases or mongo_databases has an entry."
  }

  validation {
    condition = var.existing_account == null ? true : alltrue([
      var.lock == null,
      length(var.role_assignments) == 0,
      length(var.diagnostic_settings) == 0,
      length(var.private_endpoints) == 0,
      var.customer_managed_key == null,
      !var.managed_identities.system_assigned,
      length(var.managed_identities.user_assigned_resource_ids) == 0,
      length(var.replica_locations) == 0,
      var.total_throughput_limit == null,
    ])
    error_message = "With existing_account, lock, role_assignments, diagnostic_settings, private_endpoints, managed_identities, customer_managed_key, replica_locations and total_throughput_limit must stay empty: they belong to who made the account."
  }
}

variable "api" {
  type        = string
  description = "What the account speaks: sql (Cosmos DB for NoSQL) or mongo (for MongoDB). On an existing account it must be what that account speaks."
  default     = "sql"
  nullable    = false

  validation {
    condition     = contains(["sql", "mongo"], var.api)
    error_message = "The api must be sql or mongo."
  }
}

variable "mongo_server_version" {
  type        = string
  description = "Version of MongoDB that a mongo account speaks."
  default     = "7.0"
  nullable    = false

  validation {
    condition     = contains(["4.2", "5.0", "6.0", "7.0"], var.mongo_server_version)
    error_message = "The version of MongoDB must be 4.2, 5.0, 6.0 or 7.0."
  }
}

variable "serverless" {
  type        = bool
  description = "Pay for each request and provision no throughput; such an account has one region."
  default     = false
  nullable    = false

  validation {
    condition     = !var.serverless || length(var.replica_locations) == 0
    error_message = "A serverless account has one region: no replica_locations."
  }
}

variable "zone_redundant" {
  type        = bool
  description = "Replicas in several availability zones of the first region."
  default     = true
  nullable    = false
}

variable "replica_locations" {
  type = map(object({
    failover_priority = number
    zone_redundant    = optional(bool, true)
  }))
  description = "Further regions by their short names, in the order in which they take over (from 1)."
  default     = {}
  nullable    = false

  validation {
    condition     = join(",", sort([for l in var.replica_locations : format("%03d", l.failover_priority)])) == join(",", [for i in range(length(var.replica_locations)) : format("%03d", i + 1)])
    error_message = "The failover priorities of replica_locations must be 1, 2, 3 … without gaps."
  }
}

variable "multiple_write_locations_enabled" {
  type        = bool
  description = "Writes in every region."
  default     = false
  nullable    = false
}

variable "consistency" {
  type = object({
    level                   = optional(string, "Session")
    max_interval_in_seconds = optional(number)
    max_staleness_prefix    = optional(number)
  })
  description = "Default consistency; the bounds belong to BoundedStaleness."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["BoundedStaleness", "Eventual", "Session", "Strong", "ConsistentPrefix"], var.consistency.level)
    error_message = "The consistency level must be BoundedStaleness, Eventual, Session, Strong or ConsistentPrefix."
  }

  validation {
    condition     = (var.consistency.level == "BoundedStaleness") == (var.consistency.max_interval_in_seconds != null && var.consistency.max_staleness_prefix != null)
    error_message = "BoundedStaleness needs max_interval_in_seconds and max_staleness_prefix, and nothing else takes them."
  }
}

variable "backup" {
  type = object({
    type                = optional(string, "Continuous")
    tier                = optional(string, "Continuous7Days")
    interval_in_minutes = optional(number, 240)
    retention_in_hours  = optional(number, 24)
    storage_redundancy  = optional(string, "Geo")
  })
  description = "Backups: Continuous (tier Continuous7Days or Continuous30Days; any point in time can be restored), or Periodic (interval, retention and storage_redundancy Geo, Zone or Local)."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["Continuous", "Periodic"], var.backup.type) && contains(["Continuous7Days", "Continuous30Days"], var.backup.tier) && contains(["Geo", "Zone", "Local"], var.backup.storage_redundancy)
    error_message = "type must be Continuous or Periodic, tier Continuous7Days or Continuous30Days, storage_redundancy Geo, Zone or Local."
  }

  validation {
    condition     = var.backup.type == "Continuous" || (var.backup.interval_in_minutes >= 60 && var.backup.interval_in_minutes <= 1440 && var.backup.retention_in_hours >= 8 && var.backup.retention_in_hours <= 720)
    error_message = "Periodic backups are made every 60 to 1440 minutes and kept 8 to 720 hours."
  }
}

variable "total_throughput_limit" {
  type        = number
  description = "The most throughput (RU/s) that the account may be given. Null sets no limit."
  default     = null

  validation {
    condition     = var.total_throughput_limit == null ? true : var.total_throughput_limit >= 400
    error_message = "A limit of throughput is at least 400 RU/s."
  }
}

variable "free_tier_enabled" {
  type        = bool
  description = "The free tier, once a subscription. It cannot be changed later without a new account."
  default     = false
  nullable    = false
}

variable "extra_capabilities" {
  type        = set(string)
  description = "Further capabilities of the account, such as EnableNoSQLVectorSearch or EnableUniqueCompoundNestedDocs."
  default     = []
  nullable    = false

  validation {
    condition     = length(setintersection(var.extra_capabilities, ["EnableMongo", "EnableServerless", "EnableCassandra", "EnableGremlin", "EnableTable"])) == 0
    error_message = "EnableMongo and EnableServerless follow from api and serverless; Cassandra, Gremlin and tables are not what this module is for."
  }
}

variable "public_network_access_enabled" {
  type        = bool
  description = "Access from public addresses, of which network_rules must let in each."
  default     = false
  nullable    = false
}

variable "network_rules" {
  type = object({
    ip_rules            = optional(set(string), [])
    subnet_resource_ids = optional(map(string), {})
  })
  description = "Of public access: the addresses (CIDR) and subnets (by keys of your choice) that may come in; all others may not."
  default     = {}
  nullable    = false

  validation {
    condition     = var.public_network_access_enabled == (length(var.network_rules.ip_rules) + length(var.network_rules.subnet_resource_ids) > 0)
    error_message = "Public access needs network rules (without any, everybody could come in), and network rules need public_network_access_enabled."
  }

  validation {
    condition     = !contains(var.network_rules.ip_rules, "0.0.0.0") && !contains(var.network_rules.ip_rules, "0.0.0.0/0")
    error_message = "0.0.0.0 would let in all of Azure."
  }
}

variable "managed_identities" {
  type = object({
    system_assigned            = optional(bool, false)
    user_assigned_resource_ids = optional(map(string), {})
  })
  description = "Identities of the account; that of customer_managed_key is added."
  default     = {}
  nullable    = false
}

variable "customer_managed_key" {
  type = object({
    key_id                             = string
    user_assigned_identity_resource_id = string
  })
  description = "Encryption with a key of your own: the versionless id of a Key Vault key and the identity that may use it. It cannot be changed later without a new account."
  default     = null

  validation {
    condition     = var.customer_managed_key == null ? true : can(regex("^https://[^/]+/keys/[^/]+$", var.customer_managed_key.key_id))
    error_message = "customer_managed_key.key_id must be the versionless id of a Key Vault key: https://<vault>/keys/<name>."
  }
}
