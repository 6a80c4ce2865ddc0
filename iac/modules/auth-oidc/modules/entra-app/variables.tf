variable "display_name" {
  type        = string
  description = "Name of the application, as people see it when they sign in."
  nullable    = false
}

variable "owners" {
  type        = map(string)
  description = "Object ids of the application's owners, by keys of your choice."
  nullable    = false

  validation {
    condition     = length(var.owners) > 0
    error_message = "An application without owners is nobody's: give at least one."
  }
}

variable "redirect_uris" {
  type        = set(string)
  description = "Addresses that Entra ID sends people back to after they signed in (web applications)."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for uri in var.redirect_uris : startswith(uri, "https://") || startswith(uri, "http://localhost")])
    error_message = "Redirect addresses must use https; http is for localhost alone."
  }
}

variable "logout_url" {
  type        = string
  description = "Address that Entra ID calls when somebody signs out."
  default     = null
}

variable "app_roles" {
  type = map(object({
    id           = string
    display_name = string
    description  = string
  }))
  description = "Roles of the application, by the value that tokens carry; each id is a GUID of your choice."
  default     = {}
  nullable    = false
}

variable "role_members" {
  type = map(object({
    role         = string
    principal_id = string
  }))
  description = "Who has which role, by keys of your choice: a key of app_roles and the object id of a user or group."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for m in var.role_members : contains(keys(var.app_roles), m.role)])
    error_message = "A member's role must be a key of app_roles."
  }
}

variable "federated_credentials" {
  type = map(object({
    issuer   = string
    subject  = string
    audience = optional(string, "api://AzureADTokenExchange")
  }))
  description = "Issuers whose tokens the application signs in with in place of a secret, by keys of your choice."
  default     = {}
  nullable    = false
}
