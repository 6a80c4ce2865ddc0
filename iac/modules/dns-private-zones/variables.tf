variable "zones" {
  type = map(object({
    domain = optional(string)

    soa_record = optional(object({
      email        = string
      ttl          = optional(number, 3600)
      expire_time  = optional(number, 2419200)
      minimum_ttl  = optional(number, 10)
      refresh_time = optional(number, 3600)
      retry_time   = optional(number, 300)
    }))

    virtual_network_links = optional(map(object({
      name                        = optional(string)
      virtual_network_resource_id = string
      registration_enabled        = optional(bool, false)
      resolution_policy           = optional(string, "Default")
    })), {})

    records = optional(map(object({
      name   = optional(string)
      type   = string
      ttl    = optional(number, 300)
      values = optional(list(string), [])
      mx     = optional(list(object({ preference = number, exchange = string })), [])
      srv    = optional(list(object({ priority = number, weight = number, port = number, target = string })), [])
    })), {})

    lock = optional(object({ kind = string, name = optional(string) }))

    role_assignments = optional(map(object({
      role_definition_name = string
      principal_id         = string
      principal_type       = optional(string)
      description          = optional(string)
    })), {})
  }))
  description = "Private DNS zones by keys of your choice, which are their domains unless domain says so, with links to virtual networks, records, locks and roles. A record's values are addresses (A, AAAA), one name (CNAME), names (PTR) or texts (TXT); MX and SRV have lists of their own."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key, z in var.zones : can(regex("^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\\.)+[a-z0-9-]{2,63}$", coalesce(z.domain, key)))])
    error_message = "A zone's domain must be a DNS name in lower case with at least two labels."
  }

  validation {
    condition     = alltrue(flatten([for z in var.zones : [for l in z.virtual_network_links : contains(["Default", "NxDomainRedirect"], l.resolution_policy)]]))
    error_message = "A link's resolution_policy must be Default or NxDomainRedirect."
  }

  validation {
    condition     = alltrue([for z in var.zones : z.lock == null ? true : contains(["CanNotDelete", "ReadOnly"], z.lock.kind)])
    error_message = "A lock's kind must be CanNotDelete or ReadOnly."
  }

  validation {
    condition = alltrue(flatten([for z in var.zones : [for r in z.records :
      r.ttl >= 1 && r.ttl <= 2147483647 && try({
        A     = length(r.values) > 0 && alltrue([for v in r.values : can(cidrhost("${v}/32", 0))])
        AAAA  = length(r.values) > 0 && alltrue([for v in r.values : can(cidrhost("${v}/128", 0))])
        CNAME = length(r.values) == 1
        MX    = length(r.mx) > 0
        PTR   = length(r.values) > 0
        SRV   = length(r.srv) > 0
        TXT   = length(r.values) > 0
      }[r.type], false)
    ]]))
    error_message = "A record has a type (A, AAAA, CNAME, MX, PTR, SRV, TXT), what belongs to it (values: IPv4 addresses for A, IPv6 for AAAA, exactly one name for CNAME; mx; srv), and a ttl of at least 1 second."
  }
}

variable "existing_zone" {
  type = object({
    resource_id = string
  })
  description = "A private DNS zone that exists already, to which records are added. Null: records belong to zones."
  default     = null

  validation {
    condition     = var.existing_zone == null ? true : can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/privateDnsZones/[^/]+$", var.existing_zone.resource_id))
    error_message = "existing_zone.resource_id must be the resource id of a private DNS zone."
  }
}

variable "records" {
  type = map(object({
    name   = optional(string)
    type   = string
    ttl    = optional(number, 300)
    values = optional(list(string), [])
    mx     = optional(list(object({ preference = number, exchange = string })), [])
    srv    = optional(list(object({ priority = number, weight = number, port = number, target = string })), [])
  }))
  description = "Records of existing_zone, by keys of your choice, which are their names unless name says so (@ is the zone itself); otherwise as in zones."
  default     = {}
  nullable    = false

  validation {
    condition     = (length(var.records) > 0) == (var.existing_zone != null)
    error_message = "existing_zone needs records, and records need existing_zone; those of new zones stand in zones."
  }

  validation {
    condition = alltrue([for r in var.records :
      r.ttl >= 1 && r.ttl <= 2147483647 && try({
        A     = length(r.values) > 0 && alltrue([for v in r.values : can(cidrhost("${v}/32", 0))])
        AAAA  = length(r.values) > 0 && alltrue([for v in r.values : can(cidrhost("${v}/128", 0))])
        CNAME = length(r.values) == 1
        MX    = length(r.mx) > 0
        PTR   = length(r.values) > 0
        SRV   = length(r.srv) > 0
        TXT   = length(r.values) > 0
      }[r.type], false)
    ])
    error_message = "A record has a type (A, AAAA, CNAME, MX, PTR, SRV, TXT), what belongs to it (values: IPv4 addresses for A, IPv6 for AAAA, exactly one name for CNAME; mx; srv), and a ttl of at least 1 second."
  }
}

variable "virtual_network_links" {
  type = map(object({
    name                        = optional(string)
    virtual_network_resource_id = string
    resolution_policy           = optional(string, "Default")
  }))
  description = "Links of every zone in zones to virtual networks, by keys of your choice."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for l in var.virtual_network_links : contains(["Default", "NxDomainRedirect"], l.resolution_policy)])
    error_message = "A link's resolution_policy must be Default or NxDomainRedirect."
  }
}

variable "resolver" {
  type = object({
    virtual_network_resource_id = string

    inbound_endpoints = optional(map(object({
      name               = optional(string)
      subnet_resource_id = string
      private_ip_address = optional(string)
    })), {})

    outbound_endpoints = optional(map(object({
      name               = optional(string)
      subnet_resource_id = string
    })), {})

    forwarding_rulesets = optional(map(object({
      name               = optional(string)
      outbound_endpoints = set(string)

      virtual_network_links = optional(map(object({
        name                        = optional(string)
        virtual_network_resource_id = string
        metadata                    = optional(map(string))
      })), {})

      rules = optional(map(object({
        domain_name        = string
        enabled            = optional(bool, true)
        target_dns_servers = map(object({ ip_address = string, port = optional(number, 53) }))
        metadata           = optional(map(string))
      })), {})
    })), {})
  })
  description = "DNS resolver in a virtual network, named after the module: inbound endpoints that answer for private zones, outbound endpoints, and rulesets that forward domains to other DNS servers through them. Endpoints need subnets of their own, delegated to Microsoft.Network/dnsResolvers. Null makes none."
  default     = null

  validation {
    condition = var.resolver == null ? true : alltrue([for r in var.resolver.forwarding_rulesets :
      length(r.outbound_endpoints) > 0 && alltrue([for e in r.outbound_endpoints : contains(keys(var.resolver.outbound_endpoints), e)])
    ])
    error_message = "A ruleset's outbound_endpoints must be keys of the resolver's outbound_endpoints, at least one."
  }

  validation {
    condition = var.resolver == null ? true : alltrue(flatten([for r in var.resolver.forwarding_rulesets : [for rule in r.rules :
      endswith(rule.domain_name, ".") && length(rule.target_dns_servers) > 0 && length(rule.target_dns_servers) <= 6
    ]]))
    error_message = "A rule's domain_name must end with a dot, and it needs 1 to 6 target_dns_servers."
  }
}
