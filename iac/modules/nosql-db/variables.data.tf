variable "sql_databases" {
  type = map(object({
    name           = optional(string)
    throughput     = optional(number)
    max_throughput = optional(number)
    containers = optional(map(object({
      name                = optional(string)
      partition_key_paths = list(string)
      default_ttl         = optional(number)
      throughput          = optional(number)
      max_throughput      = optional(number)
      unique_keys         = optional(list(list(string)), [])
      indexing_mode       = optional(string, "consistent")
      included_paths      = optional(list(string), ["/*"])
      excluded_paths      = optional(list(string), [])
      composite_indexes   = optional(list(list(object({ path = string, order = optional(string, "Ascending") }))), [])
    })), {})
  }))
  description = "Databases of a sql account with their containers, by keys of your choice. Without a name a database is named by its key, and on an existing account by the module's name, a hyphen and the key; containers by their key. Throughput is fixed (throughput) or scales up to max_throughput."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.sql_databases) == 0 || var.api == "sql"
    error_message = "sql_databases need api sql."
  }

  validation {
    condition     = alltrue(flatten([for d in var.sql_databases : [d.throughput == null || d.max_throughput == null, [for c in d.containers : c.throughput == null || c.max_throughput == null]]]))
    error_message = "Throughput is fixed (throughput) or scales (max_throughput): one of the two."
  }

  validation {
    condition     = alltrue(flatten([for d in var.sql_databases : [for c in d.containers : length(c.partition_key_paths) >= 1 && length(c.partition_key_paths) <= 3 && alltrue([for p in c.partition_key_paths : startswith(p, "/")])]]))
    error_message = "A container has 1 to 3 partition key paths, each starting with a slash."
  }

  validation {
    condition     = !var.serverless || alltrue(flatten([for d in var.sql_databases : [d.throughput == null && d.max_throughput == null, [for c in d.containers : c.throughput == null && c.max_throughput == null]]]))
    error_message = "A serverless account takes no throughput."
  }
}

variable "mongo_databases" {
  type = map(object({
    name           = optional(string)
    throughput     = optional(number)
    max_throughput = optional(number)
    collections = optional(map(object({
      name                = optional(string)
      shard_key           = optional(string)
      default_ttl_seconds = optional(number)
      throughput          = optional(number)
      max_throughput      = optional(number)
      indexes = optional(list(object({
        keys   = list(string)
        unique = optional(bool, false)
      })), [])
    })), {})
    indexed_collections = optional(map(map(string)), {})
  }))
  description = "Databases of a mongo account with their collections, by keys of your choice; named as sql_databases are. The index of _id comes by itself. indexed_collections are collections by name, each with the paths of its indexes by name, such as { orders = { customer = \"customer.name\" } }; on an account of this module that is not serverless each has 400 RU/s."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue(flatten([for d in var.mongo_databases : [for name, indexes in d.indexed_collections : can(regex("^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,119}$", name)) && alltrue([for path in values(indexes) : can(regex("^[^$. ][^$ ]{0,199}$", path))]) && !contains([for key, c in d.collections : coalesce(c.name, key)], name)]]))
    error_message = "indexed_collections are named with letters, digits, dots, hyphens and underscores, and not as one of collections; their indexes have paths such as customer.name."
  }

  validation {
    condition     = length(var.mongo_databases) == 0 || var.api == "mongo"
    error_message = "mongo_databases need api mongo."
  }

  validation {
    condition     = alltrue(flatten([for d in var.mongo_databases : [d.throughput == null || d.max_throughput == null, [for c in d.collections : c.throughput == null || c.max_throughput == null]]]))
    error_message = "Throughput is fixed (throughput) or scales (max_throughput): one of the two."
  }

  validation {
    condition     = !var.serverless || alltrue(flatten([for d in var.mongo_databases : [d.throughput == null && d.max_throughput == null, [for c in d.collections : c.throughput == null && c.max_throughput == null]]]))
    error_message = "A serverless account takes no throughput."
  }
}

variable "sql_role_definitions" {
  type = map(object({
    name         = string
    data_actions = set(string)
  }))
  description = "Roles on data of your own making, by keys of your choice, such as data_actions Microsoft.DocumentDB/databaseAccounts/readMetadata."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.sql_role_definitions) == 0 || var.api == "sql"
    error_message = "Roles on data exist on sql accounts alone."
  }

  validation {
    condition     = length(setintersection(keys(var.sql_role_definitions), ["reader", "contributor"])) == 0
    error_message = "reader and contributor are the built-in roles."
  }
}

variable "sql_role_assignments" {
  type = map(object({
    role         = optional(string, "contributor")
    principal_id = string
    database_key = optional(string)
  }))
  description = "Who may use the data through Entra ID, by keys of your choice: role reader, contributor or a key of sql_role_definitions, on one database (database_key) or the whole account."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.sql_role_assignments) == 0 || var.api == "sql"
    error_message = "Roles on data exist on sql accounts alone."
  }

  validation {
    condition     = alltrue([for a in var.sql_role_assignments : contains(concat(["reader", "contributor"], keys(var.sql_role_definitions)), a.role) && (a.database_key == null ? true : contains(keys(var.sql_databases), a.database_key))])
    error_message = "role must be reader, contributor or a key of sql_role_definitions, database_key a key of sql_databases."
  }

  validation {
    condition     = var.existing_account == null ? true : alltrue([for a in var.sql_role_assignments : a.database_key != null])
    error_message = "On an existing account roles are given on this module's databases alone: set database_key."
  }
}

variable "access_keys_key_vault" {
  type = object({
    key_vault_resource_id = string
    secret_name           = string
    expiration_date       = optional(string)
    readers               = optional(map(string), {})
  })
  description = "For clients that sign in with a key, as those of a mongo account must: turns keys on for a sql account (an existing one must have them on) and keeps the primary key in this Key Vault secret. The key is in the Terraform state too; it is never an output. readers are principal ids, by keys of your choice, of identities that may read this secret and no other."
  default     = null

  validation {
    condition     = var.access_keys_key_vault == null ? true : can(regex("^[a-zA-Z0-9-]{1,127}$", var.access_keys_key_vault.secret_name))
    error_message = "The secret's name must have 1 to 127 letters, digits and hyphens."
  }
}

variable "access_key_metadata_writes_enabled" {
  type        = bool
  description = "Making and changing databases and containers with a key. Null is false for sql and true for mongo, whose drivers make collections that way."
  default     = null
}
