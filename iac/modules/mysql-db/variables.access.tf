variable "administrator_login" {
  type        = string
  description = "Name of the administrator."
  default     = "mysqladmin"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_]{1,32}$", var.administrator_login)) && !contains(["azure_superuser", "admin", "administrator", "root", "guest", "public"], lower(var.administrator_login))
    error_message = "The administrator's name must have 1 to 32 letters, digits and underscores, and may not be one that Azure keeps for itself (admin, root, …)."
  }
}

variable "administrator_password" {
  type        = string
  description = "Password of the administrator. It is handed on write-only and is in no plan and no state."
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = var.existing_server == null && var.restore == null ? var.administrator_password != null : true
    error_message = "A new server needs administrator_password."
  }

  validation {
    condition     = var.existing_server != null || var.restore != null ? var.administrator_password == null : true
    error_message = "An existing or restored server has its administrator's password already."
  }
}

variable "administrator_password_version" {
  type        = number
  description = "Raise it to set administrator_password again."
  default     = null

  validation {
    condition     = (var.existing_server == null && var.restore == null) == (var.administrator_password_version != null)
    error_message = "A new server needs administrator_password_version, such as 1; an existing or restored one takes none."
  }
}

variable "administrator_password_key_vault" {
  type = object({
    key_vault_resource_id = string
    secret_name           = string
    expiration_date       = optional(string)
  })
  description = "Also keeps the password in a Key Vault secret, write-only; expiration_date in RFC 3339."
  default     = null

  validation {
    condition     = var.administrator_password_key_vault == null ? true : can(regex("^[a-zA-Z0-9-]{1,127}$", var.administrator_password_key_vault.secret_name)) && var.restore == null
    error_message = "The secret's name must have 1 to 127 letters, digits and hyphens; a restored server's password is not known to be kept."
  }
}

variable "entra_administrator" {
  type = object({
    login                              = string
    object_id                          = string
    tenant_id                          = string
    user_assigned_identity_resource_id = string
  })
  description = "Administrator from Entra ID: a user, a group or an identity (object_id; for a managed identity its client id), and the identity by which the server asks the directory."
  default     = null

  validation {
    condition     = var.entra_administrator == null ? true : can(regex("^[0-9a-fA-F-]{36}$", var.entra_administrator.object_id)) && can(regex("^[0-9a-fA-F-]{36}$", var.entra_administrator.tenant_id))
    error_message = "object_id and tenant_id of the Entra administrator must be GUIDs."
  }
}

variable "password_authentication_enabled" {
  type        = bool
  description = "Sign-in with a password. False leaves Entra ID alone, and needs entra_administrator."
  default     = true
  nullable    = false

  validation {
    condition     = var.password_authentication_enabled || var.entra_administrator != null
    error_message = "Without passwords the server needs an entra_administrator."
  }
}

variable "parameters" {
  type        = map(string)
  description = "Server parameters by name. Audit of connections and changes is on unless set otherwise here; encrypted connections are always required."
  default     = {}
  nullable    = false

  validation {
    condition     = length(setintersection(keys(var.parameters), ["require_secure_transport", "tls_version", "aad_auth_only"])) == 0
    error_message = "require_secure_transport, tls_version and aad_auth_only are set by the module."
  }
}

variable "delegated_subnet" {
  type = object({
    resource_id                  = string
    private_dns_zone_resource_id = string
  })
  description = "Puts the server into a subnet that is delegated to Microsoft.DBforMySQL/flexibleServers, with the private DNS zone for its name. The other private way is private_endpoints; one server has one of both."
  default     = null

  validation {
    condition     = var.delegated_subnet == null || length(var.private_endpoints) == 0
    error_message = "A server in a delegated subnet takes no private endpoints."
  }
}

variable "public_network_access_enabled" {
  type        = bool
  description = "Access from public addresses, of which firewall_rules must allow each."
  default     = false
  nullable    = false

  validation {
    condition     = !(var.public_network_access_enabled && var.delegated_subnet != null)
    error_message = "A server in a delegated subnet has no public access."
  }
}

variable "firewall_rules" {
  type = map(object({
    start_ip_address = string
    end_ip_address   = string
  }))
  description = "Public addresses that may connect, by the names of the rules."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.firewall_rules) == 0 || var.public_network_access_enabled
    error_message = "Firewall rules need public_network_access_enabled."
  }

  validation {
    condition     = alltrue([for r in var.firewall_rules : can(cidrhost("${r.start_ip_address}/32", 0)) && can(cidrhost("${r.end_ip_address}/32", 0)) && r.start_ip_address != "0.0.0.0"])
    error_message = "Firewall rules need IPv4 addresses, and may not start at 0.0.0.0: that lets in all of Azure."
  }
}
