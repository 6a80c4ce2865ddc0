variable "mysql" {
  type = object({
    sku_name              = optional(string, "GP_Standard_D4ads_v5")
    backup_retention_days = optional(number, 35)
    password_version      = optional(number, 1)
  })
  description = "MySQL server: size, days of backups, and a number to raise for a new password of its administrator."
  default     = {}
  nullable    = false

  validation {
    condition     = can(regex("^(B|GP|MO)_Standard_", var.mysql.sku_name)) && var.mysql.backup_retention_days >= 1 && var.mysql.backup_retention_days <= 35 && var.mysql.password_version >= 1
    error_message = "The size must start with B_Standard_, GP_Standard_ or MO_Standard_; backups are kept 1 to 35 days; the password's version is at least 1."
  }
}

variable "redis" {
  type = object({
    sku_name = optional(string, "Balanced_B10")
  })
  description = "Managed Redis: size."
  default     = {}
  nullable    = false

  validation {
    condition     = can(regex("^(Balanced|MemoryOptimized|ComputeOptimized)_[BMX][0-9]+$", var.redis.sku_name))
    error_message = "The size must be one of Managed Redis, such as Balanced_B1."
  }
}

variable "cosmos" {
  type = object({
    serverless     = optional(bool, false)
    max_throughput = optional(number, 4000)
  })
  description = "Cosmos DB: serverless, or scaling up to so many request units a second."
  default     = {}
  nullable    = false

  validation {
    condition     = var.cosmos.max_throughput >= 1000 && var.cosmos.max_throughput % 1000 == 0
    error_message = "The throughput must be a multiple of 1000."
  }
}

variable "service_bus" {
  type = object({
    sku      = optional(string, "Premium")
    capacity = optional(number, 1)
  })
  description = "Service Bus: tier and messaging units. Only Premium is private."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["Standard", "Premium"], var.service_bus.sku) && contains([1, 2, 4, 8, 16], var.service_bus.capacity)
    error_message = "The tier must be Standard or Premium, with 1, 2, 4, 8 or 16 units."
  }
}

variable "event_hub" {
  type = object({
    sku      = optional(string, "Premium")
    capacity = optional(number, 1)
  })
  description = "Event Hubs, which speak Kafka: tier and units."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["Standard", "Premium"], var.event_hub.sku) && var.event_hub.capacity >= 1 && var.event_hub.capacity <= 40
    error_message = "The tier must be Standard or Premium, with 1 to 40 units."
  }
}

variable "portal" {
  type = object({
    image        = string
    port         = optional(number, 7080)
    min_replicas = optional(number, 2)
    max_replicas = optional(number, 5)
    registry_sku = optional(string, "Premium")
  })
  description = "Self-service portal: its image with a tag or digest, its port, between how many replicas it scales, and the tier of the registry for images. Only Premium is private."
  nullable    = false

  validation {
    condition     = can(regex("^[^ ]+(:[^ :/]+|@sha256:[0-9a-f]{64})$", var.portal.image)) && var.portal.max_replicas >= var.portal.min_replicas
    error_message = "The image needs a tag or a digest, and max_replicas may not be less than min_replicas."
  }

  validation {
    condition     = contains(["Standard", "Premium"], var.portal.registry_sku)
    error_message = "The registry's tier must be Standard or Premium."
  }
}
