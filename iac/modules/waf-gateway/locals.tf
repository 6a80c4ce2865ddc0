locals {
  resource_id           = azurerm_application_gateway.this.id
  diagnostic_log_groups = toset(["allLogs"])
  diagnostic_metrics    = toset(["AllMetrics"])

  has_public  = var.public_frontend != null
  has_private = var.private_frontend != null

  default_frontend = local.has_public ? "public" : "private"
  listeners = merge({ for name, l in var.listeners : name => merge(l, {
    frontend = coalesce(l.frontend, local.default_frontend)
    port     = coalesce(l.port, l.protocol == "Https" ? 443 : 80)
    firewall = null
    }) }, { for key, s in var.sites : "site-${key}" => {
    frontend                    = coalesce(s.frontend, local.default_frontend)
    port                        = 443
    protocol                    = "Https"
    host_names                  = toset([s.host])
    certificate                 = s.certificate
    firewall_policy_resource_id = null
    firewall                    = s.waf == null ? null : key
  } })

  ports = toset([for l in local.listeners : l.port])

  public_ip_address  = one(azurerm_public_ip.this[*].ip_address)
  private_ip_address = try(var.private_frontend.private_ip_address, null)
}

# What a site needs: its rule, which rewrites paths to those of its API, and its firewall policies.
locals {
  firewalls = merge(
    { main = var.waf },
    { for key, s in var.sites : key => s.waf if s.waf != null },
    merge([for key, s in var.sites : { for name, p in s.paths : "${key}-${name}" => p.waf }]...),
  )

  # Azure takes names of up to 80 characters.
  firewall_names = { for key, name in { for key in keys(local.firewalls) : key => key == "main" ? "waf-${var.name}" : "waf-${var.name}-${key}" } :
    key => length(name) <= 80 ? name : "${substr(name, 0, 71)}-${substr(sha1(name), 0, 8)}"
  }

  # Exact hosts come before wildcards.
  site_order = concat(sort([for key, s in var.sites : key if !startswith(s.host, "*")]), sort([for key, s in var.sites : key if startswith(s.host, "*")]))

  routing_rules = merge(var.routing_rules, { for i, key in local.site_order : "site-${key}" => {
    priority         = var.site_priority + i
    listener         = "site-${key}"
    backend_pool     = length(var.sites[key].paths) == 0 ? var.sites[key].backend_pool : null
    backend_settings = length(var.sites[key].paths) == 0 ? var.sites[key].backend_settings : null
    redirect         = null
    url_path_map     = length(var.sites[key].paths) == 0 ? null : "site-${key}"
    rewrite_rule_set = length(var.sites[key].paths) == 0 ? "site-${key}" : null
  } })

  url_path_maps = merge({ for name, m in var.url_path_maps : name => merge(m, { path_rules = [for rule, r in m.path_rules : merge(r, { name = rule, firewall = null })] }) },
    { for key, s in var.sites : "site-${key}" => {
      default_backend_pool     = s.backend_pool
      default_backend_settings = s.backend_settings
      default_redirect         = null
      default_rewrite_rule_set = "site-${key}"
      # The gateway takes the first rule that fits.
      path_rules = [for place in sort([for name, p in s.paths : format("%05d/%s", p.order, name)]) : {
        name                        = substr(place, 6, -1)
        paths                       = s.paths[substr(place, 6, -1)].paths
        backend_pool                = s.backend_pool
        backend_settings            = s.backend_settings
        redirect                    = null
        rewrite_rule_set            = "site-${key}"
        firewall_policy_resource_id = null
        firewall                    = "${key}-${substr(place, 6, -1)}"
      }]
    } if length(s.paths) > 0 },
  )

  rewrite_rule_sets = merge(var.rewrite_rule_sets, { for key, s in var.sites : "site-${key}" => { api = {
    sequence         = 100
    request_headers  = {}
    response_headers = {}
    conditions       = []
    url              = { path = "/${s.api}{var_uri_path}", query_string = null, components = "path_only", reroute = false }
  } } })
}

locals {
  # All that the module makes: the lock is made after it and goes before it, because nothing under a lock can be deleted.
  lock_follows = [
    azurerm_application_gateway.this,
    azurerm_monitor_diagnostic_setting.this,
    azurerm_public_ip.this,
    azurerm_role_assignment.this,
    azurerm_web_application_firewall_policy.this,
  ]
}
