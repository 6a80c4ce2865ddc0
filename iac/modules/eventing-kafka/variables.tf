variable "existing_namespace" {
  type = object({
    resource_id = string
  })
  description = "An Event Hubs namespace that exists already: event hubs, consumer groups, schema groups and Event Grid topics are added, and what would act on the namespace itself is refused. Null makes a namespace."
  default     = null

  validation {
    condition     = var.existing_namespace == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.EventHub/namespaces/[^/]+$", var.existing_namespace.resource_id))
    error_message = "existing_namespace.resource_id must be the resource id of an Event Hubs namespace."
  }

  validation {
    condition     = var.existing_namespace == null ? true : length(var.event_hubs) + length(var.schema_groups) > 0
    error_message = "With existing_namespace there is nothing to make unless event_hubs or schema_groups has an entry."
  }

  validation {
    condition = var.existing_namespace == null ? true : alltrue([
      var.lock == null,
      length(var.role_assignments) == 0,
      length(var.diagnostic_settings) == 0,
      length(var.private_endpoints) == 0,
      var.customer_managed_key == null,
      !var.managed_identities.system_assigned,
      length(var.managed_identities.user_assigned_resource_ids) == 0,
    ])
    error_message = "With existing_namespace, lock, role_assignments, diagnostic_settings, private_endpoints, managed_identities and customer_managed_key must stay empty: they belong to who made the namespace. Event hubs take role_assignments of their own."
  }
}

variable "sku" {
  type        = string
  description = "Standard or Premium; Basic does not speak Kafka."
  default     = "Standard"
  nullable    = false

  validation {
    condition     = contains(["Standard", "Premium"], var.sku)
    error_message = "The sku must be Standard or Premium: Basic namespaces do not speak Kafka."
  }
}

variable "capacity" {
  type        = number
  description = "Throughput units (Standard, 1 to 40) or processing units (Premium: 1, 2, 4, 8, 12 or 16)."
  default     = 1
  nullable    = false

  validation {
    condition     = var.sku == "Premium" ? contains([1, 2, 4, 8, 12, 16], var.capacity) : var.capacity >= 1 && var.capacity <= 40
    error_message = "A Standard namespace has 1 to 40 throughput units, a Premium one 1, 2, 4, 8, 12 or 16 processing units."
  }
}

variable "maximum_throughput_units" {
  type        = number
  description = "Lets a Standard namespace grow by itself up to this number of throughput units. Null keeps its capacity."
  default     = null

  validation {
    condition     = var.maximum_throughput_units == null ? true : var.sku == "Standard" && var.maximum_throughput_units >= var.capacity && var.maximum_throughput_units <= 40
    error_message = "Only a Standard namespace grows by itself, from its capacity up to at most 40 throughput units."
  }
}

variable "local_authentication_enabled" {
  type        = bool
  description = "Access by shared keys (SAS, also as $ConnectionString in Kafka) as well as through Entra ID (OAUTHBEARER)."
  default     = false
  nullable    = false
}

variable "public_network_access_enabled" {
  type        = bool
  description = "Access from public addresses."
  default     = false
  nullable    = false
}

variable "network_rules" {
  type = object({
    ip_rules                 = optional(set(string), [])
    subnet_resource_ids      = optional(map(string), {})
    trusted_services_allowed = optional(bool, true)
  })
  description = "Of public access: the addresses (CIDR) and subnets (by keys of your choice) that may come in; all others may not. Azure's trusted services may come in anyway unless told otherwise."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.network_rules.ip_rules) + length(var.network_rules.subnet_resource_ids) == 0 || var.public_network_access_enabled
    error_message = "Network rules need public_network_access_enabled."
  }
}

variable "managed_identities" {
  type = object({
    system_assigned            = optional(bool, false)
    user_assigned_resource_ids = optional(map(string), {})
  })
  description = "Identities of the namespace; that of customer_managed_key is added. Azure does not take an identity back."
  default     = {}
  nullable    = false
}

variable "customer_managed_key" {
  type = object({
    key_id                             = string
    user_assigned_identity_resource_id = string
    infrastructure_encryption_enabled  = optional(bool, false)
  })
  description = "Encryption of a Premium namespace with a key of your own: the versionless id of a Key Vault key and the identity that may use it."
  default     = null

  validation {
    condition     = var.customer_managed_key == null ? true : can(regex("^https://[^/]+/keys/[^/]+$", var.customer_managed_key.key_id)) && var.sku == "Premium"
    error_message = "customer_managed_key needs a Premium namespace and the versionless id of a Key Vault key: https://<vault>/keys/<name>."
  }
}
