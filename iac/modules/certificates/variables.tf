variable "key_vault" {
  type = object({
    resource_id = string
  })
  description = "The key vault that keeps the certificates (module keyvault)."
  nullable    = false

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+$", var.key_vault.resource_id))
    error_message = "key_vault.resource_id must be the resource id of a key vault (Microsoft.KeyVault/vaults)."
  }
}

variable "certificates" {
  type = map(object({
    name                = optional(string)
    subject             = string
    dns_names           = optional(set(string), [])
    emails              = optional(set(string), [])
    issuer              = optional(string, "Self")
    validity_in_months  = optional(number, 12)
    key_type            = optional(string, "RSA")
    key_size            = optional(number)
    curve               = optional(string)
    exportable          = optional(bool, false)
    reuse_key           = optional(bool, false)
    content_type        = optional(string, "application/x-pkcs12")
    key_usage           = optional(set(string), ["digitalSignature", "keyEncipherment"])
    extended_key_usage  = optional(set(string), ["1.3.6.1.5.5.7.3.1"])
    renew_at_percentage = optional(number, 80)
    renew_days_before   = optional(number)
    auto_renew          = optional(bool, true)

    role_assignments = optional(map(object({
      role_definition_id_or_name = optional(string, "Key Vault Certificate User")
      principal_id               = string
      principal_type             = optional(string)
    })), {})
  }))
  description = "Certificates that the vault issues or has issued, by keys of your choice. Without a name one is called <name>-<key>. issuer is Self (self-signed), Unknown (signed elsewhere and merged) or a key of issuers. Private keys do not leave the vault unless exportable, which a service needs that loads the certificate from the vault's secret (Application Gateway, API Management, Container Apps)."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, c in var.certificates : can(regex("^[a-zA-Z0-9-]{1,127}$", coalesce(c.name, "${var.name}-${key}")))])
    error_message = "A certificate's name must have 1 to 127 letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for c in var.certificates : can(regex("^[A-Z]+=", c.subject))])
    error_message = "A subject must be a distinguished name, such as CN=shop.example.com."
  }

  validation {
    condition     = alltrue([for c in var.certificates : contains(["Self", "Unknown"], c.issuer) || contains(keys(var.issuers), c.issuer)])
    error_message = "A certificate's issuer must be Self, Unknown or a key of issuers."
  }

  validation {
    condition = alltrue([
      for c in var.certificates : startswith(c.key_type, "RSA") ? c.curve == null && contains([2048, 3072, 4096], coalesce(c.key_size, 4096)) : c.key_size == null && contains(["P-256", "P-384", "P-521"], coalesce(c.curve, "P-256"))
    ])
    error_message = "RSA keys have a size of 2048, 3072 or 4096 and no curve, EC keys a curve (P-256, P-384 or P-521) and no size."
  }

  validation {
    condition     = alltrue([for c in var.certificates : contains(["RSA", "RSA-HSM", "EC", "EC-HSM"], c.key_type) && !(c.exportable && strcontains(c.key_type, "HSM"))])
    error_message = "A key's type must be RSA, RSA-HSM, EC or EC-HSM, and a hardware module exports none."
  }

  validation {
    condition     = alltrue([for c in var.certificates : c.validity_in_months >= 1 && c.validity_in_months <= 13])
    error_message = "A certificate is valid for 1 to 13 months: browsers refuse longer ones."
  }

  validation {
    condition     = alltrue([for c in var.certificates : contains(["application/x-pkcs12", "application/x-pem-file"], c.content_type)])
    error_message = "content_type must be application/x-pkcs12 or application/x-pem-file."
  }
}

variable "issuers" {
  type = map(object({
    name          = optional(string)
    provider_name = string
    account_id    = optional(string)
    org_id        = optional(string)
    admins = optional(map(object({
      email      = string
      first_name = optional(string)
      last_name  = optional(string)
      phone      = optional(string)
    })), {})
  }))
  description = "Certificate authorities that the vault has an account at, by keys of your choice, which are their names unless a name is given; passwords are in issuer_passwords."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for i in var.issuers : contains(["DigiCert", "GlobalSign", "OneCertV2-PrivateCA", "OneCertV2-PublicCA", "SslAdminV2"], i.provider_name)])
    error_message = "provider_name must be DigiCert, GlobalSign, OneCertV2-PrivateCA, OneCertV2-PublicCA or SslAdminV2."
  }
}

variable "issuer_passwords" {
  type        = map(string)
  description = "Passwords (API keys) of the accounts, by the keys of issuers. The provider has no write-only argument for them: they are in the state, so keep it encrypted."
  default     = {}
  nullable    = false
  sensitive   = true
}

variable "contacts" {
  type = map(object({
    email = string
    name  = optional(string)
    phone = optional(string)
  }))
  description = "Who the vault writes to before a certificate expires, by keys of your choice. They are the whole vault's: give them in one place only."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for c in var.contacts : strcontains(c.email, "@")])
    error_message = "A contact needs an email address."
  }
}

variable "expiry_events" {
  type = object({
    name                           = optional(string)
    service_bus_queue_resource_ids = optional(map(string), {})
    service_bus_topic_resource_ids = optional(map(string), {})
    event_hub_resource_ids         = optional(map(string), {})
    webhook_urls                   = optional(map(string), {})
  })
  description = "Where to send the vault's events about certificates (a new version, near expiry, expired), by keys of your choice, through an Event Grid system topic with an identity of its own, which needs the right to send. A vault has one system topic: give it in one place only."
  default     = null

  validation {
    condition     = var.expiry_events == null ? true : length(var.expiry_events.service_bus_queue_resource_ids) + length(var.expiry_events.service_bus_topic_resource_ids) + length(var.expiry_events.event_hub_resource_ids) + length(var.expiry_events.webhook_urls) > 0
    error_message = "expiry_events needs at least one destination."
  }

  validation {
    condition     = alltrue([for url in try(var.expiry_events.webhook_urls, {}) : startswith(url, "https://")])
    error_message = "A webhook must be an https address."
  }
}
