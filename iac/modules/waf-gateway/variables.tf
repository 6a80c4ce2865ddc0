variable "subnet_resource_id" {
  type        = string
  description = "Resource id of the gateway's subnet, which has nothing else in it."
  nullable    = false

  validation {
    condition     = can(regex("(?i)/virtualNetworks/[^/]+/subnets/[^/]+$", var.subnet_resource_id))
    error_message = "subnet_resource_id must be the resource id of a subnet."
  }
}

variable "zones" {
  type        = set(string)
  description = "Availability zones of the gateway and its public address. Empty where a region has none."
  default     = ["1", "2", "3"]
  nullable    = false

  validation {
    condition     = alltrue([for z in var.zones : contains(["1", "2", "3"], z)])
    error_message = "Zones are 1, 2 and 3."
  }
}

variable "capacity" {
  type = object({
    min = optional(number, 2)
    max = optional(number, 10)
  })
  description = "Capacity units that the gateway scales between. With less than 2 at least it may be slow to wake up."
  default     = {}
  nullable    = false

  validation {
    condition     = var.capacity.min >= 0 && var.capacity.min <= 100 && var.capacity.max >= max(2, var.capacity.min) && var.capacity.max <= 125
    error_message = "The capacity goes from 0 to 100 units at least, to 2 to 125 at most."
  }
}

variable "http2_enabled" {
  type        = bool
  description = "HTTP/2 towards clients."
  default     = true
  nullable    = false
}

variable "ssl_policy_name" {
  type        = string
  description = "TLS policy of every listener: AppGwSslPolicy20220101S (TLS 1.2 and 1.3, strong ciphers only), AppGwSslPolicy20220101, or AppGwSslPolicy20170401S (TLS 1.2)."
  default     = "AppGwSslPolicy20220101S"
  nullable    = false

  validation {
    condition     = contains(["AppGwSslPolicy20220101S", "AppGwSslPolicy20220101", "AppGwSslPolicy20170401S"], var.ssl_policy_name)
    error_message = "The TLS policy must be one without TLS 1.0 and 1.1: AppGwSslPolicy20220101S, AppGwSslPolicy20220101 or AppGwSslPolicy20170401S."
  }
}

variable "public_frontend" {
  type = object({
    public_ip_name       = optional(string)
    domain_name_label    = optional(string)
    ddos_protection_mode = optional(string, "VirtualNetworkInherited")
  })
  description = "Public frontend with an address of its own. Null makes the gateway private."
  default     = {}

  validation {
    condition     = var.public_frontend == null ? true : contains(["Disabled", "Enabled", "VirtualNetworkInherited"], var.public_frontend.ddos_protection_mode)
    error_message = "ddos_protection_mode must be Disabled, Enabled or VirtualNetworkInherited."
  }

  validation {
    condition     = try(var.public_frontend.domain_name_label, null) == null ? true : can(regex("^[a-z]([a-z0-9-]{1,61}[a-z0-9])$", var.public_frontend.domain_name_label))
    error_message = "The domain_name_label must have 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "private_frontend" {
  type = object({
    private_ip_address = string
  })
  description = "Private frontend: an address of the gateway's subnet. Null makes none."
  default     = null

  validation {
    condition     = var.private_frontend == null ? true : can(cidrhost("${var.private_frontend.private_ip_address}/32", 0))
    error_message = "The private frontend needs an IPv4 address."
  }

  validation {
    condition     = var.private_frontend != null || var.public_frontend != null
    error_message = "The gateway needs a public or a private frontend."
  }
}

variable "managed_identities" {
  type = object({
    user_assigned_resource_ids = optional(map(string), {})
  })
  description = "User-assigned identity that reads certificates from Key Vault: it needs the role Key Vault Secrets User there."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.managed_identities.user_assigned_resource_ids) <= 1
    error_message = "A gateway takes one user-assigned identity."
  }
}

variable "certificates" {
  type        = map(object({ key_vault_secret_id = string }))
  description = "Certificates by names of your choice: the versionless id of each one's secret in Key Vault, so that the gateway follows renewals."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.certificates) == 0 || length(var.managed_identities.user_assigned_resource_ids) > 0
    error_message = "Certificates need a user-assigned identity in managed_identities."
  }

  validation {
    condition     = alltrue([for c in var.certificates : can(regex("^https://[^/]+/secrets/[^/]+(/[0-9a-f]{32})?/?$", c.key_vault_secret_id))])
    error_message = "A certificate's key_vault_secret_id must have the form https://<vault>/secrets/<name>."
  }
}

variable "trusted_root_certificates" {
  type        = map(object({ key_vault_secret_id = string }))
  description = "Root certificates that backends are trusted by, by names of your choice: the ids of their secrets in Key Vault."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.trusted_root_certificates) == 0 || length(var.managed_identities.user_assigned_resource_ids) > 0
    error_message = "Root certificates need a user-assigned identity in managed_identities."
  }
}
