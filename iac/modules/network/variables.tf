variable "address_space" {
  type        = set(string)
  description = "Address ranges of the virtual network, in CIDR notation."
  nullable    = false

  validation {
    condition     = length(var.address_space) > 0 && alltrue([for r in var.address_space : can(cidrhost(r, 0))])
    error_message = "The address space needs at least one range in CIDR notation, such as 10.10.0.0/16."
  }
}

variable "dns_servers" {
  type        = list(string)
  description = "IP addresses of DNS servers for the network. Empty: Azure's own, which knows linked private DNS zones."
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for s in var.dns_servers : can(cidrhost("${s}/32", 0)) || can(cidrhost("${s}/128", 0))])
    error_message = "DNS servers are given by their IP addresses."
  }
}

variable "encryption_enabled" {
  type        = bool
  description = "Encrypt traffic between virtual machines whose size can do it."
  default     = true
  nullable    = false
}

variable "flow_timeout_in_minutes" {
  type        = number
  description = "Minutes after which idle connections within the network are forgotten: 4 to 30. Null leaves it to Azure."
  default     = null

  validation {
    condition     = var.flow_timeout_in_minutes == null ? true : var.flow_timeout_in_minutes >= 4 && var.flow_timeout_in_minutes <= 30
    error_message = "The flow timeout must be 4 to 30 minutes."
  }
}

variable "ddos_protection_plan" {
  type = object({
    create      = optional(bool, false)
    resource_id = optional(string)
  })
  description = "DDoS network protection: a plan of its own (create), or one that exists. Null sets none."
  default     = null

  validation {
    condition     = var.ddos_protection_plan == null ? true : var.ddos_protection_plan.create != (var.ddos_protection_plan.resource_id != null)
    error_message = "A DDoS protection plan is either created or given by its resource_id."
  }
}

variable "subnets" {
  type = map(object({
    name                                          = optional(string)
    address_prefixes                              = list(string)
    default_outbound_access_enabled               = optional(bool, false)
    private_endpoint_network_policies             = optional(string, "Enabled")
    private_link_service_network_policies_enabled = optional(bool, true)
    service_endpoints                             = optional(set(string), [])
    service_endpoint_policy_resource_ids          = optional(map(string), {})
    route_table                                   = optional(string)
    nat_gateway                                   = optional(bool, false)

    delegation = optional(object({
      service = string
      actions = optional(set(string))
    }))

    network_security_group = optional(object({
      enabled               = optional(bool, true)
      name                  = optional(string)
      deny_internet_inbound = optional(bool, true)

      rules = optional(map(object({
        priority                     = number
        direction                    = optional(string, "Inbound")
        access                       = optional(string, "Allow")
        protocol                     = optional(string, "Tcp")
        description                  = optional(string)
        source_port_ranges           = optional(set(string), ["*"])
        source_address_prefixes      = optional(set(string), ["*"])
        destination_port_ranges      = optional(set(string), ["*"])
        destination_address_prefixes = optional(set(string), ["*"])
      })), {})
    }), {})
  }))
  description = "Subnets by keys of your choice. Each has a network security group that lets nobody in from the Internet unless a rule says so. route_table is a key of route_tables; nat_gateway sends what goes out through the NAT gateway."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for s in var.subnets : length(s.address_prefixes) > 0 && alltrue([for p in s.address_prefixes : can(cidrhost(p, 0))])])
    error_message = "Each subnet needs address_prefixes in CIDR notation."
  }

  validation {
    condition     = alltrue([for s in var.subnets : contains(["Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled"], s.private_endpoint_network_policies)])
    error_message = "private_endpoint_network_policies must be Disabled, Enabled, NetworkSecurityGroupEnabled or RouteTableEnabled."
  }

  validation {
    condition     = alltrue([for s in var.subnets : s.route_table == null ? true : contains(keys(var.route_tables), s.route_table)])
    error_message = "A subnet's route_table must be a key of route_tables."
  }

  validation {
    condition     = var.nat_gateway != null || alltrue([for s in var.subnets : !s.nat_gateway])
    error_message = "Subnets can use the NAT gateway only when nat_gateway is set."
  }

  validation {
    condition = alltrue(flatten([for s in var.subnets : [for r in s.network_security_group.rules :
      r.priority >= 100 && r.priority <= 4095 && contains(["Inbound", "Outbound"], r.direction) && contains(["Allow", "Deny"], r.access) && contains(["*", "Ah", "Esp", "Icmp", "Tcp", "Udp"], r.protocol)
    ]]))
    error_message = "A rule has a priority of 100 to 4095, the direction Inbound or Outbound, the access Allow or Deny, and the protocol *, Ah, Esp, Icmp, Tcp or Udp."
  }

  validation {
    condition = alltrue([for s in var.subnets :
      length(distinct([for r in s.network_security_group.rules : "${r.direction}-${r.priority}"])) == length(s.network_security_group.rules)
    ])
    error_message = "The rules of one subnet and direction need different priorities."
  }
}

variable "route_tables" {
  type = map(object({
    name                          = optional(string)
    bgp_route_propagation_enabled = optional(bool, false)

    routes = optional(map(object({
      address_prefix         = string
      next_hop_type          = string
      next_hop_in_ip_address = optional(string)
    })), {})
  }))
  description = "Route tables by keys of your choice, with routes by their names."
  default     = {}
  nullable    = false

  validation {
    condition = alltrue(flatten([for t in var.route_tables : [for r in t.routes :
      contains(["Internet", "None", "VirtualAppliance", "VirtualNetworkGateway", "VnetLocal"], r.next_hop_type) && (r.next_hop_type == "VirtualAppliance") == (r.next_hop_in_ip_address != null)
    ]]))
    error_message = "A route's next_hop_type must be Internet, None, VirtualAppliance, VirtualNetworkGateway or VnetLocal; VirtualAppliance, and it alone, needs next_hop_in_ip_address."
  }
}

variable "nat_gateway" {
  type = object({
    name                    = optional(string)
    sku_name                = optional(string, "StandardV2")
    zone                    = optional(string)
    idle_timeout_in_minutes = optional(number, 4)
    public_ip_count         = optional(number, 1)
    public_ip_prefix_length = optional(number)
  })
  description = "NAT gateway for the way out. StandardV2 spans all zones; Standard lies in one (zone) or in none. It has public addresses (public_ip_count), a prefix of them (public_ip_prefix_length), or both. Null makes none."
  default     = null

  validation {
    condition     = var.nat_gateway == null ? true : contains(["Standard", "StandardV2"], var.nat_gateway.sku_name) && (var.nat_gateway.zone == null || var.nat_gateway.sku_name == "Standard")
    error_message = "The NAT gateway's sku_name must be Standard or StandardV2; only Standard takes a zone."
  }

  validation {
    condition     = var.nat_gateway == null ? true : var.nat_gateway.idle_timeout_in_minutes >= 4 && var.nat_gateway.idle_timeout_in_minutes <= 120
    error_message = "The NAT gateway's idle timeout must be 4 to 120 minutes."
  }

  validation {
    condition = var.nat_gateway == null ? true : (
      var.nat_gateway.public_ip_count >= 0 && var.nat_gateway.public_ip_count <= 16 && (var.nat_gateway.public_ip_count > 0 || var.nat_gateway.public_ip_prefix_length != null)
    )
    error_message = "The NAT gateway needs 1 to 16 public addresses or a prefix of them."
  }

  validation {
    condition     = try(var.nat_gateway.public_ip_prefix_length, null) == null ? true : var.nat_gateway.public_ip_prefix_length >= 28 && var.nat_gateway.public_ip_prefix_length <= 31
    error_message = "The prefix of public addresses must have a length of 28 to 31."
  }
}

variable "flow_logs" {
  type = object({
    storage_account_resource_id = string
    retention_days              = optional(number, 90)
    network_watcher = optional(object({
      create              = optional(bool, false)
      name                = optional(string)
      resource_group_name = optional(string)
    }), {})
    traffic_analytics = optional(object({
      workspace_id          = string
      workspace_resource_id = string
      workspace_location    = optional(string)
      interval_in_minutes   = optional(number, 10)
    }))
  })
  description = "Flow logs of the whole network: the storage account that keeps them and, for traffic_analytics, the workspace (its GUID and resource id). The region's network watcher is Azure's own, NetworkWatcher_<location> in NetworkWatcherRG, unless network_watcher says otherwise. Null keeps none."
  default     = null

  validation {
    condition     = var.flow_logs == null ? true : var.flow_logs.retention_days >= 0 && var.flow_logs.retention_days <= 365
    error_message = "Flow logs are kept 0 (for ever) to 365 days."
  }

  validation {
    condition     = try(var.flow_logs.traffic_analytics, null) == null ? true : contains([10, 60], var.flow_logs.traffic_analytics.interval_in_minutes)
    error_message = "Traffic analytics run every 10 or 60 minutes."
  }
}
