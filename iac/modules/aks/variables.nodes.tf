variable "subnet_resource_id" {
  type        = string
  description = "Subnet of the nodes; pods have an overlay of their own."
  nullable    = false

  validation {
    condition     = can(regex("(?i)/subnets/[^/]+$", var.subnet_resource_id))
    error_message = "subnet_resource_id must be the resource id of a subnet."
  }
}

variable "api_server_subnet" {
  type = object({
    resource_id = string
  })
  description = "Subnet (at least /28, delegated to Microsoft.ContainerService/managedClusters) that the API server is put into. Null reaches it through a private endpoint that Azure makes."
  default     = null

  validation {
    condition     = var.api_server_subnet == null ? true : can(regex("(?i)/subnets/[^/]+$", var.api_server_subnet.resource_id))
    error_message = "api_server_subnet.resource_id must be the resource id of a subnet."
  }
}

variable "private_dns_zone" {
  type = object({
    resource_id = string
  })
  description = "Private DNS zone of the API server's name: privatelink.<region>.azmk8s.io. Null lets Azure make one beside the nodes."
  default     = null
}

variable "network" {
  type = object({
    pod_cidr              = optional(string, "10.244.0.0/16")
    service_cidr          = optional(string, "10.245.0.0/16")
    dns_service_ip        = optional(string)
    outbound_type         = optional(string, "loadBalancer")
    observability_enabled = optional(bool, false)
    security_enabled      = optional(bool, false)
  })
  description = "Ranges of pods and services, which may not overlap with the network's; how nodes get out: loadBalancer, userAssignedNATGateway (the subnet's), managedNATGateway or userDefinedRouting; Cilium's flow logs and its policies by names."
  default     = {}
  nullable    = false

  validation {
    condition     = can(cidrhost(var.network.pod_cidr, 1)) && can(cidrhost(var.network.service_cidr, 10))
    error_message = "pod_cidr and service_cidr must be ranges of addresses."
  }

  validation {
    condition     = contains(["loadBalancer", "userAssignedNATGateway", "managedNATGateway", "userDefinedRouting"], var.network.outbound_type)
    error_message = "The outbound type must be loadBalancer, userAssignedNATGateway, managedNATGateway or userDefinedRouting."
  }
}

variable "system_node_pool" {
  type = object({
    name                    = optional(string, "system")
    vm_size                 = optional(string, "Standard_D4ds_v5")
    min_count               = optional(number, 3)
    max_count               = optional(number, 6)
    max_pods                = optional(number, 110)
    zones                   = optional(set(string), ["1", "2", "3"])
    os_sku                  = optional(string, "AzureLinux")
    os_disk_type            = optional(string, "Ephemeral")
    os_disk_size_gb         = optional(number, 128)
    host_encryption_enabled = optional(bool, true)
    only_critical_addons    = optional(bool, true)
    max_surge               = optional(string, "33%")
    labels                  = optional(map(string), {})
  })
  description = "Node pool of the cluster's own parts. With only_critical_addons nothing else runs there, so node_pools needs one. host_encryption_enabled needs the subscription's feature EncryptionAtHost."
  default     = {}
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{0,11}$", var.system_node_pool.name)) && var.system_node_pool.min_count >= 1 && var.system_node_pool.max_count >= var.system_node_pool.min_count && var.system_node_pool.max_count <= 1000
    error_message = "A pool's name has 1 to 12 lower case letters and digits, and the pool scales from at least 1 to at most 1000 nodes."
  }

  validation {
    condition     = contains(["Ephemeral", "Managed"], var.system_node_pool.os_disk_type) && contains(["AzureLinux", "AzureLinux3", "Ubuntu", "Ubuntu2204", "Ubuntu2404"], var.system_node_pool.os_sku)
    error_message = "The disk must be Ephemeral or Managed, the system AzureLinux, AzureLinux3, Ubuntu, Ubuntu2204 or Ubuntu2404."
  }
}

variable "node_pools" {
  type = map(object({
    mode                    = optional(string, "User")
    vm_size                 = optional(string, "Standard_D4ds_v5")
    kubernetes_version      = optional(string)
    auto_scaling_enabled    = optional(bool, true)
    min_count               = optional(number, 1)
    max_count               = optional(number, 10)
    max_pods                = optional(number, 110)
    zones                   = optional(set(string), ["1", "2", "3"])
    os_sku                  = optional(string, "AzureLinux")
    os_disk_type            = optional(string, "Ephemeral")
    os_disk_size_gb         = optional(number, 128)
    host_encryption_enabled = optional(bool, true)
    fips_enabled            = optional(bool, false)
    max_surge               = optional(string, "33%")
    labels                  = optional(map(string), {})
    taints                  = optional(list(string), [])
    spot = optional(object({
      eviction_policy = optional(string, "Delete")
      max_price       = optional(number, -1)
    }))
  }))
  description = "Node pools of workloads, by their names. Without auto_scaling_enabled a pool has min_count nodes. spot makes it one of spare capacity, which Azure may take away."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, p in var.node_pools : can(regex("^[a-z][a-z0-9]{0,11}$", name)) && contains(["User", "System"], p.mode)])
    error_message = "A pool's name has 1 to 12 lower case letters and digits, and its mode is User or System."
  }

  validation {
    condition     = alltrue([for p in var.node_pools : p.min_count >= 0 && p.max_count >= p.min_count && p.max_count <= 1000])
    error_message = "A pool scales from at least 0 to at most 1000 nodes."
  }

  validation {
    condition     = alltrue([for p in var.node_pools : contains(["Ephemeral", "Managed"], p.os_disk_type) && contains(["AzureLinux", "AzureLinux3", "Ubuntu", "Ubuntu2204", "Ubuntu2404"], p.os_sku)])
    error_message = "The disk must be Ephemeral or Managed, the system AzureLinux, AzureLinux3, Ubuntu, Ubuntu2204 or Ubuntu2404."
  }

  validation {
    condition     = alltrue(flatten([for p in var.node_pools : [for t in p.taints : can(regex("^[^=:]+=[^=:]*:(NoSchedule|PreferNoSchedule|NoExecute)$", t))]]))
    error_message = "A taint has the form key=value:NoSchedule."
  }
}

variable "node_provisioning_mode" {
  type        = string
  description = "Manual (node_pools), or Auto, where Azure makes nodes as pods need them."
  default     = "Manual"
  nullable    = false

  validation {
    condition     = contains(["Manual", "Auto"], var.node_provisioning_mode)
    error_message = "The mode must be Manual or Auto."
  }
}

variable "auto_scaler" {
  type = object({
    balance_similar_node_groups      = optional(bool, true)
    expander                         = optional(string, "least-waste")
    max_graceful_termination_seconds = optional(number, 600)
    scale_down_delay_after_add       = optional(string, "10m")
    scale_down_unneeded              = optional(string, "10m")
    scale_down_utilization_threshold = optional(number, 0.5)
    skip_nodes_with_local_storage    = optional(bool, false)
    skip_nodes_with_system_pods      = optional(bool, true)
  })
  description = "How the cluster autoscaler adds and removes nodes."
  default     = {}
  nullable    = false

  validation {
    condition     = contains(["least-waste", "most-pods", "priority", "random"], var.auto_scaler.expander) && var.auto_scaler.scale_down_utilization_threshold > 0 && var.auto_scaler.scale_down_utilization_threshold <= 1
    error_message = "The expander must be least-waste, most-pods, priority or random, the threshold above 0 and at most 1."
  }
}
