variable "backend_pools" {
  type = map(object({
    fqdns        = optional(set(string), [])
    ip_addresses = optional(set(string), [])
  }))
  description = "Backend pools by names of your choice."
  nullable    = false

  validation {
    condition     = length(var.backend_pools) > 0
    error_message = "The gateway needs a backend pool; it may be empty."
  }
}

variable "backend_settings" {
  type = map(object({
    port                                = optional(number, 443)
    protocol                            = optional(string, "Https")
    host_name                           = optional(string)
    pick_host_name_from_backend_address = optional(bool, false)
    path                                = optional(string)
    probe                               = optional(string)
    request_timeout                     = optional(number, 30)
    connection_draining_seconds         = optional(number, 60)
    affinity_cookie_name                = optional(string)
    trusted_root_certificates           = optional(list(string), [])
  }))
  description = "How backends are spoken to, by names of your choice: HTTPS with a checked certificate unless protocol says Http. A cookie's name turns on affinity; probe is a key of probes."
  nullable    = false

  validation {
    condition     = length(var.backend_settings) > 0 && alltrue([for s in var.backend_settings : contains(["Http", "Https"], s.protocol) && s.port >= 1 && s.port <= 65535])
    error_message = "Backend settings, at least one, have the protocol Http or Https and a port of 1 to 65535."
  }

  validation {
    condition     = alltrue([for s in var.backend_settings : s.probe == null ? true : contains(keys(var.probes), s.probe)])
    error_message = "The probe of backend settings must be a key of probes."
  }

  validation {
    condition     = alltrue([for s in var.backend_settings : alltrue([for c in s.trusted_root_certificates : contains(keys(var.trusted_root_certificates), c)])])
    error_message = "The trusted_root_certificates of backend settings must be keys of trusted_root_certificates."
  }

  validation {
    condition     = alltrue([for s in var.backend_settings : s.connection_draining_seconds >= 0 && s.connection_draining_seconds <= 3600])
    error_message = "Connections are drained 0 (not at all) to 3600 seconds."
  }
}

variable "probes" {
  type = map(object({
    protocol            = optional(string, "Https")
    path                = optional(string, "/")
    host                = optional(string)
    port                = optional(number)
    interval            = optional(number, 30)
    timeout             = optional(number, 30)
    unhealthy_threshold = optional(number, 3)
    status_codes        = optional(list(string), ["200-399"])
    body                = optional(string)
  }))
  description = "Health probes by names of your choice. Without host they take it from the backend settings."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for p in var.probes : contains(["Http", "Https"], p.protocol) && startswith(p.path, "/") && p.timeout <= p.interval])
    error_message = "A probe has the protocol Http or Https, a path that starts with a slash, and a timeout that is no longer than its interval."
  }
}

variable "listeners" {
  type = map(object({
    frontend                    = optional(string)
    port                        = optional(number)
    protocol                    = optional(string, "Https")
    host_names                  = optional(set(string), [])
    certificate                 = optional(string)
    firewall_policy_resource_id = optional(string)
  }))
  description = "Listeners by names of your choice: HTTPS on port 443 unless they say otherwise, at the public frontend if there is one, with a key of certificates."
  nullable    = false

  validation {
    condition     = length(var.listeners) > 0 && alltrue([for l in var.listeners : contains(["Http", "Https"], l.protocol)])
    error_message = "Listeners, at least one, have the protocol Http or Https."
  }

  validation {
    condition     = alltrue([for l in var.listeners : l.protocol == "Https" ? contains(keys(var.certificates), coalesce(l.certificate, "(none)")) : l.certificate == null])
    error_message = "An HTTPS listener needs a certificate, a key of certificates; an HTTP listener takes none."
  }

  validation {
    condition = alltrue([for l in var.listeners :
      l.frontend == null ? true : l.frontend == "public" && var.public_frontend != null || l.frontend == "private" && var.private_frontend != null
    ])
    error_message = "A listener's frontend must be public or private, and the gateway must have it."
  }
}

variable "routing_rules" {
  type = map(object({
    priority         = number
    listener         = string
    backend_pool     = optional(string)
    backend_settings = optional(string)
    redirect         = optional(string)
    url_path_map     = optional(string)
    rewrite_rule_set = optional(string)
  }))
  description = "Routing rules by names of your choice: what a listener hears goes to a backend pool with its settings, to a redirect, or by its path (url_path_map)."
  nullable    = false

  validation {
    condition     = length(var.routing_rules) > 0 && alltrue([for r in var.routing_rules : contains(keys(var.listeners), r.listener) && r.priority >= 1 && r.priority <= 20000])
    error_message = "Routing rules, at least one, need a listener, a key of listeners, and a priority of 1 to 20000."
  }

  validation {
    condition = alltrue([for r in var.routing_rules :
      (r.backend_pool != null ? 1 : 0) + (r.redirect != null ? 1 : 0) + (r.url_path_map != null ? 1 : 0) == 1 && (r.backend_pool == null) == (r.backend_settings == null)
    ])
    error_message = "A routing rule has one target: backend_pool with backend_settings, redirect, or url_path_map."
  }

  validation {
    condition = alltrue([for r in var.routing_rules : alltrue([
      r.backend_pool == null ? true : contains(keys(var.backend_pools), r.backend_pool),
      r.backend_settings == null ? true : contains(keys(var.backend_settings), r.backend_settings),
      r.redirect == null ? true : contains(keys(var.redirects), r.redirect),
      r.url_path_map == null ? true : contains(keys(var.url_path_maps), r.url_path_map),
      r.rewrite_rule_set == null ? true : contains(keys(var.rewrite_rule_sets), r.rewrite_rule_set),
    ])])
    error_message = "What a routing rule names must be a key of backend_pools, backend_settings, redirects, url_path_maps and rewrite_rule_sets."
  }

  validation {
    condition     = length(distinct([for r in var.routing_rules : r.priority])) == length(var.routing_rules)
    error_message = "Routing rules need different priorities."
  }
}

variable "redirects" {
  type = map(object({
    type                 = optional(string, "Permanent")
    listener             = optional(string)
    url                  = optional(string)
    include_path         = optional(bool, true)
    include_query_string = optional(bool, true)
  }))
  description = "Redirects by names of your choice, to a listener (such as from HTTP to HTTPS) or to a URL."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for r in var.redirects : contains(["Permanent", "Temporary", "Found", "SeeOther"], r.type) && (r.listener == null) != (r.url == null)])
    error_message = "A redirect is Permanent, Temporary, Found or SeeOther, and goes either to a listener or to a url."
  }
}

variable "url_path_maps" {
  type = map(object({
    default_backend_pool     = optional(string)
    default_backend_settings = optional(string)
    default_redirect         = optional(string)
    default_rewrite_rule_set = optional(string)

    path_rules = map(object({
      paths                       = list(string)
      backend_pool                = optional(string)
      backend_settings            = optional(string)
      redirect                    = optional(string)
      rewrite_rule_set            = optional(string)
      firewall_policy_resource_id = optional(string)
    }))
  }))
  description = "Routing by path, by names of your choice."
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([for m in var.url_path_maps :
      (m.default_redirect == null) != (m.default_backend_pool == null) && (m.default_backend_pool == null) == (m.default_backend_settings == null) && length(m.path_rules) > 0
    ])
    error_message = "A path map has path_rules, and a default: default_backend_pool with default_backend_settings, or default_redirect."
  }

  validation {
    condition = alltrue(flatten([for m in var.url_path_maps : [for r in m.path_rules :
      (r.redirect == null) != (r.backend_pool == null) && (r.backend_pool == null) == (r.backend_settings == null) && length(r.paths) > 0 && alltrue([for p in r.paths : startswith(p, "/")])
    ]]))
    error_message = "A path rule has paths that start with a slash, and goes to backend_pool with backend_settings, or to a redirect."
  }
}

variable "rewrite_rule_sets" {
  type = map(map(object({
    sequence         = number
    request_headers  = optional(map(string), {})
    response_headers = optional(map(string), {})
    conditions       = optional(list(object({ variable = string, pattern = string, ignore_case = optional(bool, true), negate = optional(bool, false) })), [])
    url              = optional(object({ path = optional(string), query_string = optional(string), components = optional(string), reroute = optional(bool, false) }))
  })))
  description = "Sets of rewrite rules by names of your choice: headers by their names (an empty value removes one), the url, and the conditions for it."
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue(flatten([for s in var.rewrite_rule_sets : [for r in s : r.sequence >= 1 && r.sequence <= 1000]]))
    error_message = "A rewrite rule's sequence must be 1 to 1000."
  }
}
