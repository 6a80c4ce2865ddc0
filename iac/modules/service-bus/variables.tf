variable "existing_namespace" {
  type = object({
    resource_id = string
  })
  description = "A Service Bus namespace that exists already: only queues and topics are added to it, and what would act on the namespace itself is refused. Null makes a namespace."
  default     = null

  validation {
    condition     = var.existing_namespace == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.ServiceBus/namespaces/[^/]+$", var.existing_namespace.resource_id))
    error_message = "existing_namespace.resource_id must be the resource id of a Service Bus namespace."
  }

  validation {
    condition     = var.existing_namespace == null ? true : length(var.queues) + length(var.topics) > 0
    error_message = "With existing_namespace there is nothing to make unless queues or topics has an entry."
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
    error_message = "With existing_namespace, lock, role_assignments, diagnostic_settings, private_endpoints, managed_identities and customer_managed_key must stay empty: they belong to who made the namespace. Queues and topics take role_assignments of their own."
  }
}

variable "sku" {
  type        = string
  description = "Premium, Standard or Basic. Only Premium can be private, zone-redundant and encrypted with a key of your own; Basic has no topics."
  default     = "Premium"
  nullable    = false

  validation {
    condition     = contains(["Basic", "Standard", "Premium"], var.sku)
    error_message = "The sku must be Basic, Standard or Premium."
  }

  validation {
    condition     = var.sku != "Basic" || length(var.topics) == 0
    error_message = "Basic namespaces have no topics."
  }

  validation {
    condition     = var.sku == "Premium" || length(var.private_endpoints) == 0
    error_message = "Only Premium namespaces take private endpoints."
  }
}

variable "capacity" {
  type        = number
  description = "Messaging units of a Premium namespace: 1, 2, 4, 8 or 16."
  default     = 1
  nullable    = false

  validation {
    condition     = contains([1, 2, 4, 8, 16], var.capacity)
    error_message = "A Premium namespace has 1, 2, 4, 8 or 16 messaging units."
  }
}

variable "premium_messaging_partitions" {
  type        = number
  description = "Partitions of a Premium namespace: 1, 2 or 4. It cannot be changed later without a new namespace."
  default     = 1
  nullable    = false

  validation {
    condition     = contains([1, 2, 4], var.premium_messaging_partitions)
    error_message = "A Premium namespace has 1, 2 or 4 partitions."
  }
}

variable "local_authentication_enabled" {
  type        = bool
  description = "Access by shared keys (SAS) as well as through Entra ID."
  default     = false
  nullable    = false
}

variable "public_network_access_enabled" {
  type        = bool
  description = "Access from public addresses. Basic and Standard namespaces have no other way in, so they must say true."
  default     = false
  nullable    = false

  validation {
    condition     = var.sku == "Premium" || var.public_network_access_enabled
    error_message = "Basic and Standard namespaces cannot be private: take Premium, or set public_network_access_enabled to true."
  }
}

variable "network_rules" {
  type = object({
    ip_rules                 = optional(set(string), [])
    subnet_resource_ids      = optional(map(string), {})
    trusted_services_allowed = optional(bool, true)
  })
  description = "Of public access to a Premium namespace: the addresses (CIDR) and subnets (by keys of your choice) that may come in; all others may not, once one is given. Azure's trusted services may come in anyway unless told otherwise."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.network_rules.ip_rules) + length(var.network_rules.subnet_resource_ids) == 0 || (var.public_network_access_enabled && var.sku == "Premium")
    error_message = "Network rules need a Premium namespace with public_network_access_enabled."
  }
}

variable "managed_identities" {
  type = object({
    system_assigned            = optional(bool, false)
    user_assigned_resource_ids = optional(map(string), {})
  })
  description = "Identities of the namespace; that of customer_managed_key is added."
  default     = {}
  nullable    = false
}

variable "customer_managed_key" {
  type = object({
    key_id                             = string
    user_assigned_identity_resource_id = string
    infrastructure_encryption_enabled  = optional(bool, true)
  })
  description = "Encryption of a Premium namespace with a key of your own: the versionless id of a Key Vault key and the identity that may use it. It cannot be taken back."
  default     = null

  validation {
    condition     = var.customer_managed_key == null ? true : can(regex("^https://[^/]+/keys/[^/]+$", var.customer_managed_key.key_id)) && var.sku == "Premium"
    error_message = "customer_managed_key needs a Premium namespace and the versionless id of a Key Vault key: https://<vault>/keys/<name>."
  }
}
