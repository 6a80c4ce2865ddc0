variable "queues" {
  type = map(object({
    name                                    = optional(string)
    lock_duration                           = optional(string, "PT1M")
    max_delivery_count                      = optional(number, 10)
    max_size_in_megabytes                   = optional(number, 1024)
    max_message_size_in_kilobytes           = optional(number)
    default_message_ttl                     = optional(string)
    retention_hours                         = optional(number)
    auto_delete_on_idle                     = optional(string)
    dead_lettering_on_message_expiration    = optional(bool, true)
    requires_session                        = optional(bool, false)
    requires_duplicate_detection            = optional(bool, false)
    duplicate_detection_history_time_window = optional(string)
    batched_operations_enabled              = optional(bool, true)
    partitioning_enabled                    = optional(bool)
    forward_to                              = optional(string)
    forward_dead_lettered_messages_to       = optional(string)
    role_assignments = optional(map(object({
      role_definition_name = string
      principal_id         = string
      principal_type       = optional(string)
    })), {})
  }))
  description = "Queues, by keys of your choice, with who may use them. Without a name it is the key, and in an existing namespace the module's name, a hyphen and the key. Durations are in ISO 8601; retention_hours is default_message_ttl in whole hours. forward_to names a topic of this module or an entity that exists. Without partitioning_enabled it is as the namespace needs."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for q in var.queues : q.retention_hours == null ? true : q.default_message_ttl == null && q.retention_hours >= 1 && floor(q.retention_hours) == q.retention_hours])
    error_message = "The retention_hours of a queue are whole ones, at least 1, and stand in place of default_message_ttl."
  }

  validation {
    condition     = alltrue([for q in var.queues : q.name == null ? true : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,258}[a-zA-Z0-9])?$", q.name))])
    error_message = "The name of a queue must have 1 to 260 letters, digits, dots, hyphens and underscores, and start and end with a letter or digit."
  }

  validation {
    condition     = alltrue([for q in var.queues : can(regex("^PT([0-9]+M)?([0-9]+S)?$", q.lock_duration)) && q.max_delivery_count >= 1 && q.max_delivery_count <= 2000])
    error_message = "A queue's lock_duration is at most PT5M, its max_delivery_count 1 to 2000."
  }

  validation {
    condition     = alltrue(flatten([for q in var.queues : [for a in q.role_assignments : contains(["Azure Service Bus Data Sender", "Azure Service Bus Data Receiver", "Azure Service Bus Data Owner"], a.role_definition_name)]]))
    error_message = "Roles on a queue are Azure Service Bus Data Sender, Azure Service Bus Data Receiver and Azure Service Bus Data Owner."
  }
}

variable "topics" {
  type = map(object({
    name                                    = optional(string)
    max_size_in_megabytes                   = optional(number, 1024)
    max_message_size_in_kilobytes           = optional(number)
    default_message_ttl                     = optional(string)
    retention_hours                         = optional(number)
    auto_delete_on_idle                     = optional(string)
    requires_duplicate_detection            = optional(bool, false)
    duplicate_detection_history_time_window = optional(string)
    batched_operations_enabled              = optional(bool, true)
    partitioning_enabled                    = optional(bool)
    support_ordering                        = optional(bool, true)
    role_assignments = optional(map(object({
      role_definition_name = string
      principal_id         = string
      principal_type       = optional(string)
    })), {})
    subscriptions = optional(map(object({
      name                                      = optional(string)
      lock_duration                             = optional(string, "PT1M")
      max_delivery_count                        = optional(number, 10)
      default_message_ttl                       = optional(string)
      auto_delete_on_idle                       = optional(string)
      dead_lettering_on_message_expiration      = optional(bool, true)
      dead_lettering_on_filter_evaluation_error = optional(bool, true)
      batched_operations_enabled                = optional(bool, true)
      requires_session                          = optional(bool, false)
      forward_to                                = optional(string)
      forward_dead_lettered_messages_to         = optional(string)
      rules = optional(map(object({
        sql_filter = optional(string)
        action     = optional(string)
        correlation_filter = optional(object({
          content_type        = optional(string)
          correlation_id      = optional(string)
          label               = optional(string)
          message_id          = optional(string)
          reply_to            = optional(string)
          reply_to_session_id = optional(string)
          session_id          = optional(string)
          to                  = optional(string)
          properties          = optional(map(string))
        }))
      })), {})
    })), {})
  }))
  description = "Topics with their subscriptions and rules, by keys of your choice, with who may use them; named as queues are, subscriptions by their key. Rules add to the rule $Default that Azure makes and that lets every message pass, unless the provider's feature servicebus.auto_delete_subscription_default_rule is on."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for t in var.topics : t.retention_hours == null ? true : t.default_message_ttl == null && t.retention_hours >= 1 && floor(t.retention_hours) == t.retention_hours])
    error_message = "The retention_hours of a topic are whole ones, at least 1, and stand in place of default_message_ttl."
  }

  validation {
    condition     = alltrue([for t in var.topics : t.name == null ? true : can(regex("^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,258}[a-zA-Z0-9])?$", t.name))])
    error_message = "The name of a topic must have 1 to 260 letters, digits, dots, hyphens and underscores, and start and end with a letter or digit."
  }

  validation {
    condition     = alltrue(flatten([for t in var.topics : [for key, s in t.subscriptions : length(coalesce(s.name, key)) <= 50]]))
    error_message = "The name of a subscription has at most 50 characters."
  }

  validation {
    condition     = alltrue(flatten([for t in var.topics : [for s in t.subscriptions : [for r in s.rules : (r.sql_filter == null) != (r.correlation_filter == null)]]]))
    error_message = "A rule has a sql_filter or a correlation_filter: one of the two."
  }

  validation {
    condition     = alltrue(flatten([for t in var.topics : [for a in t.role_assignments : contains(["Azure Service Bus Data Sender", "Azure Service Bus Data Receiver", "Azure Service Bus Data Owner"], a.role_definition_name)]]))
    error_message = "Roles on a topic are Azure Service Bus Data Sender, Azure Service Bus Data Receiver and Azure Service Bus Data Owner."
  }
}
