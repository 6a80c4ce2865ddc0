variable "named_values" {
  type = map(object({
    name                = optional(string)
    display_name        = optional(string)
    value               = optional(string)
    key_vault_secret_id = optional(string)
    identity_client_id  = optional(string)
    tags                = optional(list(string), [])
  }))
  description = "Named values by keys of your choice, for {{name}} in policies: a plain value, or the versionless id of a secret in Key Vault, which the service reads with its own identity or that of identity_client_id."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for v in var.named_values : (v.value == null) != (v.key_vault_secret_id == null)])
    error_message = "A named value has either a value or a key_vault_secret_id."
  }

  validation {
    condition     = alltrue([for v in var.named_values : v.key_vault_secret_id == null ? true : can(regex("^https://[^/]+/secrets/[^/]+", v.key_vault_secret_id))])
    error_message = "A key_vault_secret_id must have the form https://<vault>/secrets/<name>."
  }
}

variable "backends" {
  type = map(object({
    name        = optional(string)
    url         = string
    description = optional(string)
    resource_id = optional(string)
    check_chain = optional(bool, true)
    check_name  = optional(bool, true)

    circuit_breaker = optional(object({
      failures           = optional(number)
      percentage         = optional(number)
      interval           = optional(string, "PT1M")
      trip_duration      = optional(string, "PT1M")
      status_codes       = optional(object({ min = number, max = number }), { min = 500, max = 599 })
      accept_retry_after = optional(bool, true)
    }))
  }))
  description = "Backends by keys of your choice, for policies: HTTPS with a checked certificate, and a circuit breaker if wanted, after a number of failures or a percentage of them."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for b in var.backends : can(regex("^https?://[^/]+(/.*[^/])?$", b.url))])
    error_message = "A backend's url must start with https:// (or http://) and have no slash at the end."
  }

  validation {
    condition = alltrue([for b in var.backends : b.circuit_breaker == null ? true : (
      (b.circuit_breaker.failures == null) != (b.circuit_breaker.percentage == null) && coalesce(b.circuit_breaker.percentage, 1) >= 1 && coalesce(b.circuit_breaker.percentage, 1) <= 100
    )])
    error_message = "A circuit breaker opens after failures, or after a percentage of 1 to 100: one of the two."
  }
}

variable "apis" {
  type = map(object({
    name                  = optional(string)
    display_name          = optional(string)
    description           = optional(string)
    path                  = optional(string)
    service_url           = optional(string)
    protocols             = optional(set(string), ["https"])
    revision              = optional(string, "1")
    subscription_required = optional(bool, true)
    subscription_key      = optional(object({ header = string, query = string }))
    openid_provider       = optional(string)
    products              = optional(set(string), [])
    import                = optional(object({ format = string, value = string }))

    operations = optional(map(object({
      display_name        = optional(string)
      description         = optional(string)
      method              = string
      url_template        = string
      template_parameters = optional(map(object({ type = optional(string, "string"), description = optional(string) })), {})
      policy_xml          = optional(string)
    })), {})

    proxy_methods = optional(set(string), ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])

    policy = optional(object({
      xml = optional(string)

      rate_limit = optional(object({ calls = number, renewal_period_seconds = number, counter_key = optional(string) }))
      quota      = optional(object({ calls = number, renewal_period_seconds = number, counter_key = optional(string) }))
      ip_allow   = optional(set(string), [])
      cors       = optional(object({ origins = set(string), methods = optional(set(string), ["*"]), headers = optional(set(string), ["*"]), credentials = optional(bool, false) }))
      jwt        = optional(object({ openid_config_url = string, audiences = set(string), issuers = optional(set(string), []), header = optional(string, "Authorization") }))

      backend                   = optional(string)
      managed_identity_resource = optional(string)
      request_headers           = optional(map(string), {})
      response_headers          = optional(map(string), {})
      timeout_seconds           = optional(number)
    }))
  }))
  description = "APIs by keys of your choice: HTTPS only and with a subscription unless they say otherwise; subscription_key names the header and the parameter that have its key. What they answer comes from import (an OpenAPI document), from operations, or, with neither, all paths are passed on (proxy_methods) to service_url or the policy's backend. path is the key unless given."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for a in var.apis : length(a.protocols) > 0 && length(setsubtract(a.protocols, ["http", "https", "ws", "wss"])) == 0])
    error_message = "An API's protocols are http, https, ws and wss."
  }

  validation {
    condition     = alltrue([for key, a in var.apis : can(regex("^[^/*?#&][^*?#&]*$", coalesce(a.path, key)))])
    error_message = "An API's path may not start with a slash nor have any of * ? # &."
  }

  validation {
    condition     = alltrue([for a in var.apis : a.import != null || a.service_url != null || try(a.policy.backend != null || a.policy.xml != null, false)])
    error_message = "An API needs a service_url, an import, or a policy with a backend."
  }

  validation {
    condition     = alltrue([for a in var.apis : length(setsubtract(a.products, keys(var.products))) == 0 && (a.openid_provider == null ? true : contains(keys(var.openid_connect_providers), a.openid_provider))])
    error_message = "An API's products and openid_provider must be keys of products and openid_connect_providers."
  }

  validation {
    condition     = alltrue([for a in var.apis : try(a.policy.backend, null) == null ? true : contains(keys(var.backends), a.policy.backend)])
    error_message = "The backend of an API's policy must be a key of backends."
  }

  validation {
    condition = alltrue([for p in [for a in var.apis : a.policy] : p == null ? true : alltrue([
      p.rate_limit == null ? true : p.rate_limit.calls > 0 && p.rate_limit.renewal_period_seconds > 0 && p.rate_limit.renewal_period_seconds <= 300,
      p.quota == null ? true : p.quota.calls > 0 && p.quota.renewal_period_seconds >= 300,
      p.xml == null ? true : p.rate_limit == null && p.quota == null && p.cors == null && p.jwt == null && p.backend == null,
    ])])
    error_message = "A policy's rate_limit has a period of 1 to 300 seconds, its quota one of at least 300, both with calls; a policy given as xml takes nothing else."
  }
}

variable "products" {
  type = map(object({
    name                  = optional(string)
    display_name          = optional(string)
    description           = optional(string)
    terms                 = optional(string)
    subscription_required = optional(bool, true)
    approval_required     = optional(bool, true)
    subscriptions_limit   = optional(number, 1)
    published             = optional(bool, true)
    groups                = optional(set(string), [])

    policy = optional(object({
      xml = optional(string)

      rate_limit = optional(object({ calls = number, renewal_period_seconds = number, counter_key = optional(string) }))
      quota      = optional(object({ calls = number, renewal_period_seconds = number, counter_key = optional(string) }))
      ip_allow   = optional(set(string), [])
      cors       = optional(object({ origins = set(string), methods = optional(set(string), ["*"]), headers = optional(set(string), ["*"]), credentials = optional(bool, false) }))
      jwt        = optional(object({ openid_config_url = string, audiences = set(string), issuers = optional(set(string), []), header = optional(string, "Authorization") }))

      backend                   = optional(string)
      managed_identity_resource = optional(string)
      request_headers           = optional(map(string), {})
      response_headers          = optional(map(string), {})
      timeout_seconds           = optional(number)
    }))
  }))
  description = "Products by keys of your choice: what clients subscribe to, after approval unless they say otherwise, as often as subscriptions_limit says (0 for any number). groups are names of groups that see one (developers, guests)."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for p in var.products : p.subscription_required || !p.approval_required])
    error_message = "A product without subscriptions has none to approve: set approval_required to false."
  }

  validation {
    condition     = alltrue([for p in var.products : !p.approval_required || p.subscriptions_limit > 0])
    error_message = "A product that approves subscriptions has a subscriptions_limit above 0."
  }

  validation {
    condition = alltrue([for p in [for p in var.products : p.policy] : p == null ? true : alltrue([
      p.rate_limit == null ? true : p.rate_limit.calls > 0 && p.rate_limit.renewal_period_seconds > 0 && p.rate_limit.renewal_period_seconds <= 300,
      p.quota == null ? true : p.quota.calls > 0 && p.quota.renewal_period_seconds >= 300,
      p.xml == null ? true : p.rate_limit == null && p.quota == null && p.cors == null && p.jwt == null && p.backend == null,
    ])])
    error_message = "A policy's rate_limit has a period of 1 to 300 seconds, its quota one of at least 300, both with calls; a policy given as xml takes nothing else."
  }
}

variable "subscriptions" {
  type = map(object({
    name         = optional(string)
    display_name = optional(string)
    product      = optional(string)
    api          = optional(string)
    state        = optional(string, "active")
  }))
  description = "Subscriptions by keys of your choice, to a product or an API of this module. Their keys stay in API Management and the state; they are no outputs."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for s in var.subscriptions : (s.product == null) != (s.api == null) && contains(["active", "cancelled", "expired", "rejected", "submitted", "suspended"], s.state)])
    error_message = "A subscription has either a product or an api, and the state active, cancelled, expired, rejected, submitted or suspended."
  }

  validation {
    condition     = alltrue([for s in var.subscriptions : (s.product == null ? true : contains(keys(var.products), s.product)) && (s.api == null ? true : contains(keys(var.apis), s.api))])
    error_message = "A subscription's product and api must be keys of products and apis."
  }
}

variable "openid_connect_providers" {
  type = map(object({
    name              = optional(string)
    display_name      = optional(string)
    description       = optional(string)
    client_id         = string
    metadata_endpoint = string
  }))
  description = "OpenID Connect providers by keys of your choice, with which the developer portal signs in; each needs its secret in openid_connect_client_secrets."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for p in var.openid_connect_providers : startswith(p.metadata_endpoint, "https://")])
    error_message = "A provider's metadata_endpoint must start with https://."
  }
}

variable "openid_connect_client_secrets" {
  type        = map(string)
  description = "Client secrets of openid_connect_providers, by their keys. azurerm has no write-only argument for them, so the state has them."
  default     = {}
  nullable    = false
  sensitive   = true

  validation {
    condition     = length(setsubtract(keys(var.openid_connect_providers), keys(var.openid_connect_client_secrets))) == 0
    error_message = "Each of openid_connect_providers needs a client secret."
  }
}
