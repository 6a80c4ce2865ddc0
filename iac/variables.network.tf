variable "address_space" {
  type        = string
  description = "IPv4 range of the stage's network, a /16 that no other stage has: subnets are cut from it."
  nullable    = false

  validation {
    condition     = can(cidrhost(var.address_space, 0)) && endswith(var.address_space, "/16")
    error_message = "The address space must be an IPv4 range with 16 bits of network, such as 10.10.0.0/16."
  }
}

variable "ddos_protection_enabled" {
  type        = bool
  description = "A DDoS network protection plan for the network. It costs thousands a month, wherever it is."
  default     = false
  nullable    = false
}

variable "domain" {
  type        = string
  description = "Private DNS domain of the platform; a stage's workloads are at <name>.<stage>.<domain>."
  default     = "terrace.internal"
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain))
    error_message = "The domain must be a DNS name in lower case with at least two labels."
  }
}

variable "dns_forwarding" {
  type        = map(set(string))
  description = "Domains of the company's own network and the IPv4 addresses of the DNS servers that know them. Empty: no resolver is made."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue(flatten([for servers in values(var.dns_forwarding) : [for s in servers : can(cidrhost("${s}/32", 0))]]))
    error_message = "DNS servers are given by their IPv4 addresses."
  }
}

variable "gateway" {
  type = object({
    min_capacity = optional(number, 2)
    max_capacity = optional(number, 10)
    waf_mode     = optional(string, "Prevention")
  })
  description = "Application gateway in front of everything: capacity units, and whether its firewall prevents or only detects."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["Prevention", "Detection"], var.gateway.waf_mode)
    error_message = "The firewall's mode must be Prevention or Detection."
  }

  validation {
    condition     = var.gateway.min_capacity >= 0 && var.gateway.max_capacity >= max(2, var.gateway.min_capacity) && var.gateway.max_capacity <= 125
    error_message = "The capacity goes from at least 0 to 2 to 125 units."
  }
}
