variable "public_network_access_enabled" {
  type        = bool
  description = "Workspace, Grafana and data collection endpoint may be reached from public addresses."
  default     = false
  nullable    = false
}

variable "zone_redundant" {
  type        = bool
  description = "Grafana runs in several zones; a change makes it anew."
  default     = true
  nullable    = false
}

variable "grafana" {
  type = object({
    name                                = string
    major_version                       = optional(string, "12")
    api_key_enabled                     = optional(bool, false)
    deterministic_outbound_ip_enabled   = optional(bool, false)
    user_assigned_identity_resource_ids = optional(map(string), {})
    role_assignments = optional(map(object({
      role           = optional(string, "Grafana Viewer")
      principal_id   = string
      principal_type = optional(string)
    })), {})
    private_endpoints = optional(map(object({
      subnet_resource_id            = string
      name                          = optional(string)
      private_dns_zone_resource_ids = optional(map(string), {})
    })), {})
  })
  description = "Managed Grafana on the workspace: who may use it, by keys of your choice, and its private endpoints. A user-assigned identity needs Monitoring Data Reader on the workspace; the system-assigned one gets it. Null makes none."
  default     = null

  validation {
    condition     = var.grafana == null ? true : can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,21}[a-zA-Z0-9]$", var.grafana.name))
    error_message = "Grafana's name must have 2 to 23 letters, digits and hyphens, start with a letter and end with a letter or digit."
  }

  validation {
    condition     = var.grafana == null ? true : contains(["12", "13"], var.grafana.major_version)
    error_message = "Grafana's major version must be 12 or 13."
  }

  validation {
    condition     = var.grafana == null ? true : alltrue([for a in var.grafana.role_assignments : contains(["Grafana Admin", "Grafana Editor", "Grafana Viewer"], a.role)])
    error_message = "A role in Grafana must be Grafana Admin, Grafana Editor or Grafana Viewer."
  }
}

variable "clusters" {
  type = map(object({
    resource_id = string
    name        = string
  }))
  description = "Kubernetes clusters whose metrics and logs are collected and that the rules are about, by keys of your choice."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for c in var.clusters : can(regex("(?i)/providers/Microsoft.(ContainerService/managedClusters|Kubernetes/connectedClusters)/[^/]+$", c.resource_id))])
    error_message = "A cluster's resource_id must be the resource id of a Kubernetes cluster."
  }
}

variable "container_logs" {
  type = object({
    workspace_resource_id = string
    interval              = optional(string, "1m")
    streams               = optional(set(string), ["Microsoft-ContainerLogV2", "Microsoft-KubeEvents", "Microsoft-KubePodInventory"])
    excluded_namespaces   = optional(set(string), ["kube-system", "gatekeeper-system"])
  })
  description = "Log Analytics workspace of the containers' logs, which streams are sent, how often, and the namespaces left out. Null sends none."
  default     = null

  validation {
    condition     = var.container_logs == null ? true : can(regex("^([1-9]|[12][0-9]|30)m$", var.container_logs.interval)) && length(var.container_logs.streams) > 0 && alltrue([for s in var.container_logs.streams : startswith(s, "Microsoft-")])
    error_message = "The interval must be 1m to 30m, and at least one stream is sent, such as Microsoft-ContainerLogV2."
  }
}

variable "private_link_scope" {
  type = object({
    resource_id = string
  })
  description = "Azure Monitor private link scope that the data collection endpoint joins. Null joins none."
  default     = null

  validation {
    condition     = var.private_link_scope == null ? true : can(regex("(?i)/providers/Microsoft.Insights/privateLinkScopes/[^/]+$", var.private_link_scope.resource_id))
    error_message = "private_link_scope.resource_id must be the resource id of an Azure Monitor private link scope."
  }
}

variable "default_rules_enabled" {
  type        = bool
  description = "The module's own recording and alert rules for every cluster: nodes, pods, deployments, volumes."
  default     = true
  nullable    = false
}

variable "rule_groups" {
  type = map(object({
    interval = optional(string, "PT1M")
    rules = list(object({
      record      = optional(string)
      alert       = optional(string)
      expression  = string
      for         = optional(string)
      severity    = optional(number)
      labels      = optional(map(string))
      annotations = optional(map(string))
    }))
  }))
  description = "Prometheus rules for every cluster, besides the default ones or in place of those with the same key: each rule records a series or is an alert."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for g in var.rule_groups : length(g.rules) >= 1 && alltrue([for r in g.rules : (r.record == null) != (r.alert == null)])])
    error_message = "A group has at least one rule, and each rule has record or alert: one of the two."
  }

  validation {
    condition     = alltrue([for g in var.rule_groups : can(regex("^PT([1-9]|1[0-5])M$", g.interval))])
    error_message = "Rules are evaluated every PT1M to PT15M."
  }
}

variable "action_group_resource_ids" {
  type        = map(string)
  description = "Action groups that the alerts tell, by keys of your choice."
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.action_group_resource_ids) <= 5
    error_message = "A rule tells at most five action groups."
  }
}
