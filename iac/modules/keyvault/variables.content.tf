variable "keys" {
  type = map(object({
    name            = optional(string)
    type            = optional(string, "RSA")
    size            = optional(number)
    curve           = optional(string)
    operations      = optional(set(string))
    not_before_date = optional(string)
    expiration_date = optional(string)

    rotation = optional(object({
      enabled              = optional(bool, true)
      expire_after         = optional(string, "P1Y")
      time_before_expiry   = optional(string, "P30D")
      notify_before_expiry = optional(string, "P29D")
    }), {})

    role_assignments = optional(map(object({
      role_definition_id_or_name = optional(string, "Key Vault Crypto Service Encryption User")
      principal_id               = string
      principal_type             = optional(string)
    })), {})
  }))
  description = "Keys, by keys of your choice, which are their names unless a name is given: RSA of 4096 bits (or EC of a curve), in a hardware module with type RSA-HSM or EC-HSM, rotated 30 days before they expire after a year. Roles are given on the key alone."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, k in var.keys : can(regex("^[a-zA-Z0-9-]{1,127}$", coalesce(k.name, key)))])
    error_message = "A key's name must have 1 to 127 letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for k in var.keys : contains(["RSA", "RSA-HSM", "EC", "EC-HSM"], k.type) && (strcontains(k.type, "HSM") ? var.sku == "premium" || var.existing_key_vault != null : true)])
    error_message = "A key's type must be RSA, RSA-HSM, EC or EC-HSM; hardware modules need sku premium."
  }

  validation {
    condition = alltrue([
      for k in var.keys : startswith(k.type, "RSA") ? k.curve == null && contains([2048, 3072, 4096], coalesce(k.size, 4096)) : k.size == null && contains(["P-256", "P-384", "P-521", "P-256K"], coalesce(k.curve, "P-384"))
    ])
    error_message = "RSA keys have a size of 2048, 3072 or 4096 and no curve, EC keys a curve (P-256, P-384, P-521 or P-256K) and no size."
  }

  validation {
    condition     = alltrue(flatten([for k in var.keys : [for o in coalesce(k.operations, []) : contains(["decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"], o)]]))
    error_message = "A key's operations are decrypt, encrypt, sign, unwrapKey, verify and wrapKey."
  }
}

variable "secrets" {
  type = map(object({
    name            = optional(string)
    content_type    = optional(string)
    not_before_date = optional(string)
    expiration_date = optional(string)
    value_version   = optional(number, 1)

    role_assignments = optional(map(object({
      role_definition_id_or_name = optional(string, "Key Vault Secrets User")
      principal_id               = string
      principal_type             = optional(string)
    })), {})
  }))
  description = "Secrets, by keys of your choice, which are their names unless a name is given. Their values are in secret_values; a higher value_version writes the value anew. Roles are given on the secret alone."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, s in var.secrets : can(regex("^[a-zA-Z0-9-]{1,127}$", coalesce(s.name, key)))])
    error_message = "A secret's name must have 1 to 127 letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for s in var.secrets : s.value_version >= 1 && floor(s.value_version) == s.value_version])
    error_message = "value_version must be a whole number from 1 on."
  }
}

variable "secret_values" {
  type        = map(string)
  description = "Values of the secrets, by the keys of secrets. They are written and never stored: neither in a plan nor in the state."
  default     = {}
  nullable    = false
  ephemeral   = true
  sensitive   = true
}
