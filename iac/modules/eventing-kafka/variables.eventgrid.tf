variable "event_grid_topics" {
  type = map(object({
    name                          = optional(string)
    input_schema                  = optional(string, "CloudEventSchemaV1_0")
    public_network_access_enabled = optional(bool, false)
    inbound_ip_rules              = optional(set(string), [])
    private_endpoint = optional(object({
      subnet_resource_id            = string
      private_dns_zone_resource_ids = optional(map(string), {})
    }))
    subscriptions = optional(map(object({
      event_hub_key             = string
      included_event_types      = optional(list(string))
      subject_begins_with       = optional(string)
      subject_ends_with         = optional(string)
      max_delivery_attempts     = optional(number, 30)
      event_time_to_live        = optional(number, 1440)
      array_filtering_enabled   = optional(bool, true)
      advanced_string_in        = optional(map(list(string)), {})
      dead_letter_storage       = optional(object({ storage_account_resource_id = string, container_name = string }))
      delivery_property_headers = optional(map(string), {})
    })), {})
  }))
  description = "Event Grid topics that deliver into this module's event hubs (event_hub_key), by keys of your choice; a name is the module's name, a hyphen and the key unless given. Publishers sign in through Entra ID and come in by the private endpoint, or from inbound_ip_rules with public access. Each topic's identity gets the right to send."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for t in var.event_grid_topics : contains(["CloudEventSchemaV1_0", "EventGridSchema"], t.input_schema)])
    error_message = "input_schema must be CloudEventSchemaV1_0 or EventGridSchema."
  }

  validation {
    condition     = alltrue([for t in var.event_grid_topics : length(t.inbound_ip_rules) == 0 || t.public_network_access_enabled])
    error_message = "inbound_ip_rules need public_network_access_enabled."
  }

  validation {
    condition     = alltrue(flatten([for t in var.event_grid_topics : [for s in t.subscriptions : contains(keys(var.event_hubs), s.event_hub_key)]]))
    error_message = "event_hub_key must be a key of event_hubs."
  }

  validation {
    condition     = alltrue(flatten([for t in var.event_grid_topics : [for s in t.subscriptions : s.max_delivery_attempts >= 1 && s.max_delivery_attempts <= 30 && s.event_time_to_live >= 1 && s.event_time_to_live <= 1440]]))
    error_message = "max_delivery_attempts goes from 1 to 30, event_time_to_live from 1 to 1440 minutes."
  }
}

variable "event_grid_system_topics" {
  type = map(object({
    name               = optional(string)
    source_resource_id = string
    topic_type         = string
    location           = optional(string)
    subscriptions = optional(map(object({
      event_hub_key           = string
      included_event_types    = optional(list(string))
      subject_begins_with     = optional(string)
      subject_ends_with       = optional(string)
      max_delivery_attempts   = optional(number, 30)
      event_time_to_live      = optional(number, 1440)
      array_filtering_enabled = optional(bool, true)
    })), {})
  }))
  description = "Events of Azure resources (topic_type such as Microsoft.Storage.StorageAccounts) that are delivered into this module's event hubs, by keys of your choice; named as event_grid_topics are."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue(flatten([for t in var.event_grid_system_topics : [for s in t.subscriptions : contains(keys(var.event_hubs), s.event_hub_key)]]))
    error_message = "event_hub_key must be a key of event_hubs."
  }
}
