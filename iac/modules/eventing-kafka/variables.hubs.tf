variable "event_hubs" {
  type = map(object({
    name            = optional(string)
    partition_count = optional(number, 2)
    status          = optional(string, "Active")
    cleanup_policy  = optional(string, "Delete")
    retention_hours = optional(number, 24)
    consumer_groups = optional(map(object({
      name          = optional(string)
      user_metadata = optional(string)
    })), {})
    capture = optional(object({
      storage_account_resource_id        = string
      container_name                     = string
      user_assigned_identity_resource_id = optional(string)
      encoding                           = optional(string, "Avro")
      interval_seconds                   = optional(number, 300)
      size_limit_bytes                   = optional(number, 314572800)
      skip_empty_archives                = optional(bool, true)
      archive_name_format                = optional(string, "{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}")
    }))
    role_assignments = optional(map(object({
      role_definition_name = string
      principal_id         = string
      principal_type       = optional(string)
    })), {})
  }))
  description = "Event hubs (to Kafka: topics) with their consumer groups, capture and who may use them, by keys of your choice. Without a name it is the key, and in an existing namespace the module's name, a hyphen and the key; consumer groups are named by their key. retention_hours is how long events stay, or with cleanup_policy Compact how long tombstones do. Capture signs in with an identity of the namespace."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for h in var.event_hubs : h.name == null ? true : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,254}[a-zA-Z0-9])?$", h.name))])
    error_message = "The name of an event hub must have 1 to 256 letters, digits, dots, hyphens and underscores, and start and end with a letter or digit."
  }

  validation {
    condition     = alltrue([for h in var.event_hubs : h.partition_count >= 1 && h.partition_count <= 100 && h.retention_hours >= 1 && h.retention_hours <= 2160])
    error_message = "An event hub has 1 to 32 partitions (Standard) or 100 (Premium), and keeps events 1 to 168 hours (Standard) or 2160 (Premium)."
  }

  validation {
    condition     = alltrue([for h in var.event_hubs : contains(["Delete", "Compact"], h.cleanup_policy) && contains(["Active", "Disabled", "SendDisabled"], h.status)])
    error_message = "cleanup_policy must be Delete or Compact, status Active, Disabled or SendDisabled."
  }

  validation {
    condition     = alltrue(flatten([for h in var.event_hubs : [for key, g in h.consumer_groups : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,48}[a-zA-Z0-9])?$", coalesce(g.name, key)))]]))
    error_message = "The name of a consumer group must have 1 to 50 letters, digits, dots, hyphens and underscores; $Default exists already."
  }

  validation {
    condition     = alltrue(flatten([for h in var.event_hubs : [for a in h.role_assignments : contains(["Azure Event Hubs Data Sender", "Azure Event Hubs Data Receiver", "Azure Event Hubs Data Owner"], a.role_definition_name)]]))
    error_message = "Roles on an event hub are Azure Event Hubs Data Sender, Azure Event Hubs Data Receiver and Azure Event Hubs Data Owner."
  }
}

variable "schema_groups" {
  type = map(object({
    name                 = optional(string)
    schema_type          = optional(string, "Avro")
    schema_compatibility = optional(string, "Forward")
  }))
  description = "Schema groups of the namespace's registry, by keys of your choice; named as event hubs are."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for g in var.schema_groups : contains(["Avro", "Json", "Unknown"], g.schema_type) && contains(["None", "Backward", "Forward"], g.schema_compatibility) && (g.schema_type != "Json" || g.schema_compatibility == "None")])
    error_message = "schema_type must be Avro, Json or Unknown, schema_compatibility None, Backward or Forward, and None for Json."
  }
}
