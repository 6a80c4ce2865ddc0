variable "action_groups" {
  type = map(object({
    name            = optional(string)
    short_name      = string
    enabled         = optional(bool, true)
    email_receivers = optional(map(string), {})
    role_receivers  = optional(map(string), {})
    webhook_receivers = optional(map(object({
      service_uri     = string
      entra_object_id = optional(string)
      identifier_uri  = optional(string)
    })), {})
    event_hub_receivers = optional(map(object({
      namespace       = string
      event_hub       = string
      subscription_id = optional(string)
    })), {})
    sms_receivers = optional(map(object({
      country_code = string
      phone_number = string
    })), {})
  }))
  description = "Who is told, by keys of your choice: receivers by their names; role_receivers are ids of roles (GUIDs) on the subscription. All get the common alert schema."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for g in var.action_groups : length(g.short_name) >= 1 && length(g.short_name) <= 12])
    error_message = "An action group's short name must have 1 to 12 characters."
  }

  validation {
    condition     = alltrue(flatten([for g in var.action_groups : [for address in values(g.email_receivers) : can(regex("^[^@ ]+@[^@ ]+$", address))]]))
    error_message = "An e-mail receiver must be an e-mail address."
  }

  validation {
    condition     = alltrue(flatten([for g in var.action_groups : [for w in values(g.webhook_receivers) : startswith(w.service_uri, "https://")]]))
    error_message = "A webhook's address must begin with https://."
  }
}

variable "metric_alerts" {
  type = map(object({
    name                 = optional(string)
    description          = optional(string)
    enabled              = optional(bool, true)
    scopes               = optional(map(string), {})
    target_resource_type = optional(string)
    severity             = optional(number, 3)
    frequency            = optional(string, "PT5M")
    window               = optional(string, "PT15M")
    criteria = optional(list(object({
      metric_namespace       = string
      metric_name            = string
      aggregation            = string
      operator               = string
      threshold              = number
      skip_metric_validation = optional(bool, false)
      dimensions             = optional(map(object({ operator = optional(string, "Include"), values = list(string) })), {})
    })), [])
    dynamic_criteria = optional(object({
      metric_namespace         = string
      metric_name              = string
      aggregation              = string
      operator                 = string
      sensitivity              = optional(string, "Medium")
      evaluation_total_count   = optional(number, 4)
      evaluation_failure_count = optional(number, 4)
      dimensions               = optional(map(object({ operator = optional(string, "Include"), values = list(string) })), {})
    }))
    action_groups             = optional(set(string))
    action_group_resource_ids = optional(map(string), {})
  }))
  description = "Alerts on metrics, by keys of your choice. Scopes are resource ids by keys of your choice, without any it is the workspace; target_resource_type is needed for several. action_groups are keys of action_groups, null is all of them."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.metric_alerts : a.severity >= 0 && a.severity <= 4 && floor(a.severity) == a.severity])
    error_message = "A severity goes from 0 (critical) to 4 (verbose)."
  }

  validation {
    condition     = alltrue([for a in var.metric_alerts : (length(a.criteria) > 0) != (a.dynamic_criteria != null)])
    error_message = "A metric alert has criteria or dynamic_criteria: one of the two."
  }

  validation {
    condition     = alltrue([for a in var.metric_alerts : length(a.scopes) < 2 || a.target_resource_type != null])
    error_message = "A metric alert on several resources needs target_resource_type."
  }

  validation {
    condition     = alltrue([for a in var.metric_alerts : a.action_groups == null ? true : length(setsubtract(a.action_groups, keys(var.action_groups))) == 0])
    error_message = "action_groups of an alert are keys of the variable action_groups."
  }
}

variable "activity_log_alerts" {
  type = map(object({
    name               = optional(string)
    description        = optional(string)
    enabled            = optional(bool, true)
    scopes             = map(string)
    category           = string
    operation_name     = optional(string)
    levels             = optional(list(string))
    statuses           = optional(list(string))
    resource_types     = optional(list(string))
    resource_providers = optional(list(string))
    resource_groups    = optional(list(string))
    service_health = optional(object({
      events    = optional(set(string), ["Incident", "Security", "ActionRequired"])
      locations = optional(set(string), ["Global"])
      services  = optional(set(string))
    }))
    resource_health = optional(object({
      current  = optional(set(string), ["Unavailable", "Degraded"])
      previous = optional(set(string), ["Available"])
      reason   = optional(set(string), ["PlatformInitiated", "Unknown"])
    }))
    action_groups             = optional(set(string))
    action_group_resource_ids = optional(map(string), {})
  }))
  description = "Alerts on what happens to resources, by keys of your choice: scopes are ids of subscriptions, groups or resources by keys of your choice."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.activity_log_alerts : contains(["Administrative", "Autoscale", "Policy", "Recommendation", "ResourceHealth", "Security", "ServiceHealth"], a.category) && length(a.scopes) > 0])
    error_message = "An activity log alert needs a scope, and the category Administrative, Autoscale, Policy, Recommendation, ResourceHealth, Security or ServiceHealth."
  }

  validation {
    condition     = alltrue([for a in var.activity_log_alerts : (a.service_health == null || a.category == "ServiceHealth") && (a.resource_health == null || a.category == "ResourceHealth")])
    error_message = "service_health goes with the category ServiceHealth, resource_health with ResourceHealth."
  }

  validation {
    condition     = alltrue([for a in var.activity_log_alerts : a.action_groups == null ? true : length(setsubtract(a.action_groups, keys(var.action_groups))) == 0])
    error_message = "action_groups of an alert are keys of the variable action_groups."
  }
}

variable "query_alerts" {
  type = map(object({
    name                      = optional(string)
    description               = optional(string)
    enabled                   = optional(bool, true)
    scope_resource_id         = optional(string)
    query                     = string
    operator                  = optional(string, "GreaterThan")
    threshold                 = optional(number, 0)
    aggregation               = optional(string, "Count")
    measure_column            = optional(string)
    resource_id_column        = optional(string)
    severity                  = optional(number, 3)
    frequency                 = optional(string, "PT5M")
    window                    = optional(string, "PT15M")
    failing_periods           = optional(object({ minimum = optional(number, 1), of = optional(number, 1) }), {})
    mute_actions_after        = optional(string)
    skip_query_validation     = optional(bool, false)
    dimensions                = optional(map(object({ operator = optional(string, "Include"), values = list(string) })), {})
    action_groups             = optional(set(string))
    action_group_resource_ids = optional(map(string), {})
  }))
  description = "Alerts on logs, by keys of your choice: a KQL query that runs on the workspace or on scope_resource_id. They resolve by themselves unless mute_actions_after is given."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.query_alerts : a.severity >= 0 && a.severity <= 4 && floor(a.severity) == a.severity])
    error_message = "A severity goes from 0 (critical) to 4 (verbose)."
  }

  validation {
    condition     = alltrue([for a in var.query_alerts : (a.aggregation == "Count") == (a.measure_column == null)])
    error_message = "measure_column is for every aggregation but Count, which takes none."
  }

  validation {
    condition     = alltrue([for a in var.query_alerts : a.failing_periods.minimum >= 1 && a.failing_periods.minimum <= a.failing_periods.of && a.failing_periods.of <= 6])
    error_message = "failing_periods are minimum out of of, each 1 to 6."
  }

  validation {
    condition     = alltrue([for a in var.query_alerts : a.action_groups == null ? true : length(setsubtract(a.action_groups, keys(var.action_groups))) == 0])
    error_message = "action_groups of an alert are keys of the variable action_groups."
  }
}
