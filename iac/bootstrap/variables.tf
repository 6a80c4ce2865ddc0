variable "location" {
  type        = string
  description = "Azure region of the state and the identities, such as westeurope."
  default     = "westeurope"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]{3,40}$", var.location))
    error_message = "The location must be the short name of a region, such as westeurope: lower case letters and digits."
  }
}

variable "name_prefix" {
  type        = string
  description = "First part of the names: the resource group is rg-<prefix>-state, an identity id-<prefix>-<stage>-apply."
  default     = "terrace"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name_prefix))
    error_message = "The prefix must have 2 to 20 lower case letters, digits and hyphens, and start with a letter."
  }
}

variable "storage_account_name" {
  type        = string
  description = "Name of the storage account that keeps the states; unique in all of Azure, and repeated in environments/<stage>/backend.tfvars."
  default     = "stterracestate"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]{3,24}$", var.storage_account_name))
    error_message = "A storage account's name must have 3 to 24 lower case letters and digits."
  }
}

variable "replication" {
  type        = string
  description = "Redundancy of the states: LRS, ZRS, GRS, GZRS, RAGRS or RAGZRS."
  default     = "GZRS"
  nullable    = false

  validation {
    condition     = contains(["LRS", "ZRS", "GRS", "GZRS", "RAGRS", "RAGZRS"], var.replication)
    error_message = "The replication must be LRS, ZRS, GRS, GZRS, RAGRS or RAGZRS."
  }
}

variable "allowed_ip_rules" {
  type        = set(string)
  description = "Public IPv4 addresses or ranges in CIDR form that may reach the states: of runners, and of whoever runs this."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for r in var.allowed_ip_rules : can(cidrhost(strcontains(r, "/") ? r : "${r}/32", 0)) && !endswith(r, "/31") && !endswith(r, "/32")])
    error_message = "Each rule must be an IPv4 address, or a range in CIDR form of at most /30, as the storage service wants it."
  }
}

variable "allowed_subnet_resource_ids" {
  type        = map(string)
  description = "Subnets, by keys of your choice, whose service endpoint Microsoft.Storage may reach the states: those of runners."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for id in values(var.allowed_subnet_resource_ids) : can(regex("(?i)/subnets/[^/]+$", id))])
    error_message = "Each must be the resource id of a subnet."
  }

  validation {
    condition     = length(var.allowed_subnet_resource_ids) + length(var.allowed_ip_rules) > 0
    error_message = "Nobody could reach the states: give allowed_ip_rules or allowed_subnet_resource_ids."
  }
}

variable "stages" {
  type = map(object({
    subscription_id = optional(string)
  }))
  description = "The stages, in any order, each with its subscription; null is the one that the provider is signed in to. A subscription of its own keeps a stage's identity away from the others."
  nullable    = false
  default     = { dev = {}, test = {}, int = {}, qs = {}, prod = {} }

  validation {
    condition     = length(var.stages) > 0 && alltrue([for name in keys(var.stages) : can(regex("^[a-z][a-z0-9-]{1,14}$", name))])
    error_message = "A stage's name must have 2 to 15 lower case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for s in values(var.stages) : s.subscription_id == null ? true : can(regex("^[0-9a-fA-F-]{36}$", s.subscription_id))])
    error_message = "A subscription's id must be a UUID."
  }
}

variable "github_repository" {
  type        = string
  description = "Repository whose workflows may sign in, as owner/name. Null: none."
  default     = null

  validation {
    condition     = var.github_repository == null ? true : can(regex("^[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}$", var.github_repository))
    error_message = "The repository must have the form owner/name."
  }
}

variable "github_issuer" {
  type        = string
  description = "Issuer of the workflows' tokens; another one on GitHub Enterprise Server."
  default     = "https://token.actions.githubusercontent.com"
  nullable    = false

  validation {
    condition     = can(regex("^https://[^/ ]+(/[^ ]*)?$", var.github_issuer))
    error_message = "The issuer must be an https address."
  }
}

variable "terrace" {
  type = object({
    issuer  = string
    subject = string
  })
  description = "Who Terrace's daemon is, to sign in without a secret: issuer and subject of its token, such as a cluster's OIDC issuer and system:serviceaccount:terrace:terrace. Null: it does not sign in."
  default     = null

  validation {
    condition     = var.terrace == null ? true : can(regex("^https://[^/ ]+(/[^ ]*)?$", var.terrace.issuer)) && length(var.terrace.subject) > 0
    error_message = "The issuer must be an https address, and the subject may not be empty."
  }
}

variable "assignable_roles" {
  type        = map(string)
  description = "The only roles that an apply may give, and to service principals alone: GUIDs of built-in roles by their names. Owner and the administrators of access are refused."
  nullable    = false
  default = {
    "AcrPull"                                  = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    "AcrPush"                                  = "8311e382-0749-4cb8-b61a-304f252e45ec"
    "Azure Event Hubs Data Receiver"           = "a638d3c7-ab3a-418d-83e6-5f17a39d4fde"
    "Azure Event Hubs Data Sender"             = "2b629674-e913-4c01-ae53-ef4638d8f975"
    "Azure Service Bus Data Receiver"          = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0"
    "Azure Service Bus Data Sender"            = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"
    "Contributor"                              = "b24988ac-6180-42a0-ab88-20f7382dd24c"
    "Grafana Viewer"                           = "60921a7e-fef1-4a43-9b16-a26c52ad4769"
    "Key Vault Certificate User"               = "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba"
    "Key Vault Certificates Officer"           = "a4417e6f-fecd-4de8-b567-7b0420556985"
    "Key Vault Crypto Officer"                 = "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"
    "Key Vault Crypto Service Encryption User" = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
    "Key Vault Secrets Officer"                = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
    "Key Vault Secrets User"                   = "4633458b-17de-408a-b874-0445c86b69e6"
    "Managed Identity Operator"                = "f1a07417-d97a-45cb-824c-7a7467783830"
    "Monitoring Data Reader"                   = "b0d8363b-8ddd-447d-831f-62ca05bff136"
    "Monitoring Metrics Publisher"             = "3913510d-42f4-4e42-8a64-420c390055eb"
    "Monitoring Reader"                        = "43d0d8ad-25c7-4714-9337-8ba259a9fe05"
    "Network Contributor"                      = "4d97b98b-1d4f-4787-a291-c67834d212e7"
    "Private DNS Zone Contributor"             = "b12aa53e-6015-4669-85d0-8515ebb3ae7f"
    "Reader"                                   = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    "Storage Blob Data Contributor"            = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
  }

  validation {
    condition     = alltrue([for id in values(var.assignable_roles) : can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", id))])
    error_message = "Each role must be the GUID of its definition, in lower case."
  }

  validation {
    condition = length(setintersection(values(var.assignable_roles), [
      "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    ])) == 0
    error_message = "Owner, User Access Administrator and Role Based Access Control Administrator may not be assignable: an apply could raise itself."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource; costcenter, env and owner are required and may not be empty."
  nullable    = false

  validation {
    condition     = alltrue([for key in ["costcenter", "env", "owner"] : try(length(trimspace(var.tags[key])) > 0, false)])
    error_message = "The tags must carry costcenter, env and owner, each with a value."
  }
}
