variable "existing_service" {
  type = object({
    resource_id = string
  })
  description = "An API Management service that exists already: only APIs, products, named values, backends and the like are added to it, and what would act on the service itself is refused. Null makes a service."
  default     = null

  validation {
    condition     = var.existing_service == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.ApiManagement/service/[^/]+$", var.existing_service.resource_id))
    error_message = "existing_service.resource_id must be the resource id of an API Management service."
  }

  validation {
    condition = var.existing_service == null ? true : alltrue([
      var.lock == null,
      length(var.role_assignments) == 0,
      length(var.diagnostic_settings) == 0,
      length(var.private_endpoints) == 0,
      var.publisher == null,
      var.virtual_network == null,
      var.application_insights == null,
      var.policy == null,
      var.external_cache == null,
      !var.managed_identities.system_assigned,
      length(var.managed_identities.user_assigned_resource_ids) == 0,
      length(var.additional_locations) == 0,
      length(var.hostnames) == 0,
    ])
    error_message = "With existing_service, lock, role_assignments, diagnostic_settings, private_endpoints, publisher, virtual_network, application_insights, policy, external_cache, managed_identities, additional_locations and hostnames must stay empty: they belong to who made the service."
  }
}

variable "sku_name" {
  type        = string
  description = "Tier and units: Developer_1, StandardV2_1 to 10, PremiumV2_1 to 30, Premium_1 to 31. Only these can be private."
  default     = "StandardV2_1"
  nullable    = false

  validation {
    condition     = can(regex("^(Developer_1|StandardV2_([1-9]|10)|PremiumV2_([1-9]|[12][0-9]|30)|Premium_([1-9]|[12][0-9]|3[01]))$", var.sku_name))
    error_message = "The sku_name must be Developer_1, or StandardV2, PremiumV2 or Premium with its units: StandardV2_1."
  }
}

variable "publisher" {
  type = object({
    name               = string
    email              = string
    notification_email = optional(string)
  })
  description = "Who publishes the APIs: a name, and the address that Azure writes to. Required for a new service."
  default     = null

  validation {
    condition     = var.publisher == null ? true : length(var.publisher.name) > 0 && length(var.publisher.name) <= 100 && can(regex("^[^@ ]+@[^@ ]+$", var.publisher.email))
    error_message = "The publisher needs a name of at most 100 characters and an e-mail address."
  }
}

variable "zones" {
  type        = set(string)
  description = "Availability zones of a Premium service, which needs a unit for each. PremiumV2 spans zones by itself."
  default     = []
  nullable    = false

  validation {
    condition     = length(var.zones) == 0 || startswith(var.sku_name, "Premium_") && alltrue([for z in var.zones : contains(["1", "2", "3"], z)])
    error_message = "Only Premium takes zones: 1, 2 and 3."
  }
}

variable "virtual_network" {
  type = object({
    type                  = optional(string, "Internal")
    subnet_resource_id    = string
    public_ip_resource_id = optional(string)
  })
  description = "Subnet of the service. Internal: it has private addresses only (Developer, Premium, PremiumV2); External: it reaches into the network and keeps its public gateway (StandardV2 has only this; close it with private endpoints and public_network_access_enabled = false)."
  default     = null

  validation {
    condition     = var.virtual_network == null ? true : contains(["External", "Internal"], var.virtual_network.type) && (var.virtual_network.type == "External" || !startswith(var.sku_name, "StandardV2"))
    error_message = "The type must be Internal or External; StandardV2 takes only External."
  }
}

variable "public_network_access_enabled" {
  type        = bool
  description = "Access from public addresses. Azure makes no service without it: leave it true for the first apply, and set it to false once a private endpoint is there."
  default     = true
  nullable    = false

  validation {
    condition     = var.public_network_access_enabled || length(var.private_endpoints) > 0
    error_message = "Public access can be turned off only with a private endpoint: add one to private_endpoints, apply, and then turn it off."
  }
}

variable "min_api_version" {
  type        = string
  description = "Oldest version of the management API that clients may use; older ones can read secrets."
  default     = "2021-08-01"
  nullable    = false

  validation {
    condition     = can(regex("^20[0-9]{2}-[0-9]{2}-[0-9]{2}$", var.min_api_version))
    error_message = "The version must have the form 2021-08-01."
  }
}

variable "managed_identities" {
  type = object({
    system_assigned            = optional(bool, false)
    user_assigned_resource_ids = optional(map(string), {})
  })
  description = "Identities of the service, which read named values and certificates from Key Vault and sign in to backends."
  default     = {}
  nullable    = false
}

variable "additional_locations" {
  type = map(object({
    capacity              = optional(number)
    zones                 = optional(set(string), [])
    subnet_resource_id    = optional(string)
    public_ip_resource_id = optional(string)
    gateway_disabled      = optional(bool, false)
  }))
  description = "Further regions of a Premium service, by their names."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.additional_locations) == 0 || startswith(var.sku_name, "Premium_")
    error_message = "Only Premium services have additional_locations."
  }
}

variable "hostnames" {
  type = map(object({
    host_name                    = string
    endpoint                     = optional(string, "gateway")
    key_vault_certificate_id     = string
    identity_client_id           = optional(string)
    default_ssl_binding          = optional(bool, false)
    negotiate_client_certificate = optional(bool, false)
  }))
  description = "Host names of your own by keys of your choice: of the endpoint gateway, management or developer_portal, with the versionless id of a certificate's secret in Key Vault and the client id of the identity that reads it."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for h in var.hostnames : contains(["developer_portal", "gateway", "management"], h.endpoint) && can(regex("^https://[^/]+/secrets/[^/]+", h.key_vault_certificate_id))])
    error_message = "A host name has the endpoint gateway, management or developer_portal, and a key_vault_certificate_id of the form https://<vault>/secrets/<name>."
  }
}

variable "application_insights" {
  type = object({
    resource_id         = string
    identity_client_id  = optional(string, "SystemAssigned")
    sampling_percentage = optional(number, 100)
    verbosity           = optional(string, "information")
    log_client_ip       = optional(bool, false)
    headers_to_log      = optional(set(string), [])
    masked_headers      = optional(set(string), ["Authorization", "Ocp-Apim-Subscription-Key"])
    masked_query        = optional(set(string), ["subscription-key"])
  })
  description = "Application Insights that gets requests and traces, through an identity with the role Monitoring Metrics Publisher; bodies are never logged. It needs application_insights_connection_string."
  default     = null

  validation {
    condition     = var.application_insights == null ? true : var.application_insights.sampling_percentage >= 0 && var.application_insights.sampling_percentage <= 100 && contains(["error", "information", "verbose"], var.application_insights.verbosity)
    error_message = "The sampling_percentage must be 0 to 100 and the verbosity error, information or verbose."
  }
}

variable "application_insights_connection_string" {
  type        = string
  description = "Connection string of application_insights."
  default     = null
  sensitive   = true

  validation {
    condition     = var.application_insights == null || var.application_insights_connection_string != null
    error_message = "application_insights needs application_insights_connection_string."
  }
}

variable "external_cache" {
  type = object({
    name              = optional(string)
    redis_resource_id = optional(string)
    location          = optional(string, "default")
  })
  description = "Redis that policies with caching-type external or prefer-external keep answers in: its resource id, if it is one of Azure, and the region whose gateway uses it (default: every one). It needs external_cache_connection_string. Null leaves the service its own cache."
  default     = null

  validation {
    condition     = var.external_cache == null ? true : can(regex("^[a-z0-9]{3,40}$", var.external_cache.location))
    error_message = "The location must be default or the short name of a region."
  }
}

variable "external_cache_connection_string" {
  type        = string
  description = "Connection string of external_cache, as StackExchange.Redis has it. The state has it."
  default     = null
  sensitive   = true

  validation {
    condition     = var.external_cache == null || var.external_cache_connection_string != null
    error_message = "external_cache needs external_cache_connection_string."
  }
}
