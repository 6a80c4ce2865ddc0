resource "azurerm_application_gateway" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  zones                             = length(var.zones) == 0 ? null : var.zones
  http2_enabled                     = var.http2_enabled
  firewall_policy_id                = azurerm_web_application_firewall_policy.this["main"].id
  force_firewall_policy_association = true

  sku {
    name = "WAF_v2"
    tier = "WAF_v2"
  }

  autoscale_configuration {
    min_capacity = var.capacity.min
    max_capacity = var.capacity.max
  }

  ssl_policy {
    policy_type = "Predefined"
    policy_name = var.ssl_policy_name
  }

  gateway_ip_configuration {
    name      = "gateway"
    subnet_id = var.subnet_resource_id
  }

  dynamic "identity" {
    for_each = length(var.managed_identities.user_assigned_resource_ids) == 0 ? [] : [true]

    content {
      type         = "UserAssigned"
      identity_ids = values(var.managed_identities.user_assigned_resource_ids)
    }
  }

  dynamic "frontend_ip_configuration" {
    for_each = local.has_public ? [true] : []

    content {
      name                 = "public"
      public_ip_address_id = azurerm_public_ip.this[0].id
    }
  }

  dynamic "frontend_ip_configuration" {
    for_each = local.has_private ? [var.private_frontend] : []

    content {
      name                          = "private"
      subnet_id                     = var.subnet_resource_id
      private_ip_address            = frontend_ip_configuration.value.private_ip_address
      private_ip_address_allocation = "Static"
    }
  }

  dynamic "frontend_port" {
    for_each = local.ports

    content {
      name = "port-${frontend_port.value}"
      port = frontend_port.value
    }
  }

  dynamic "ssl_certificate" {
    for_each = var.certificates

    content {
      name                = ssl_certificate.key
      key_vault_secret_id = ssl_certificate.value.key_vault_secret_id
    }
  }

  dynamic "trusted_root_certificate" {
    for_each = var.trusted_root_certificates

    content {
      name                = trusted_root_certificate.key
      key_vault_secret_id = trusted_root_certificate.value.key_vault_secret_id
    }
  }

  dynamic "backend_address_pool" {
    for_each = var.backend_pools

    content {
      name         = backend_address_pool.key
      fqdns        = backend_address_pool.value.fqdns
      ip_addresses = backend_address_pool.value.ip_addresses
    }
  }

  dynamic "backend_http_settings" {
    for_each = var.backend_settings

    content {
      name                                 = backend_http_settings.key
      port                                 = backend_http_settings.value.port
      protocol                             = backend_http_settings.value.protocol
      host_name                            = backend_http_settings.value.host_name
      pick_host_name_from_backend_address  = backend_http_settings.value.pick_host_name_from_backend_address
      path                                 = backend_http_settings.value.path
      probe_name                           = backend_http_settings.value.probe
      request_timeout                      = backend_http_settings.value.request_timeout
      cookie_based_affinity                = backend_http_settings.value.affinity_cookie_name == null ? "Disabled" : "Enabled"
      affinity_cookie_name                 = backend_http_settings.value.affinity_cookie_name
      trusted_root_certificate_names       = backend_http_settings.value.trusted_root_certificates
      certificate_chain_validation_enabled = true
      sni_validation_enabled               = true

      dynamic "connection_draining" {
        for_each = backend_http_settings.value.connection_draining_seconds > 0 ? [backend_http_settings.value.connection_draining_seconds] : []

        content {
          enabled           = true
          drain_timeout_sec = connection_draining.value
        }
      }
    }
  }

  dynamic "probe" {
    for_each = var.probes

    content {
      name                                      = probe.key
      protocol                                  = probe.value.protocol
      path                                      = probe.value.path
      host                                      = probe.value.host
      pick_host_name_from_backend_http_settings = probe.value.host == null
      port                                      = probe.value.port
      interval                                  = probe.value.interval
      timeout                                   = probe.value.timeout
      unhealthy_threshold                       = probe.value.unhealthy_threshold

      match {
        status_code = probe.value.status_codes
        body        = probe.value.body
      }
    }
  }

  dynamic "http_listener" {
    for_each = local.listeners

    content {
      name                           = http_listener.key
      frontend_ip_configuration_name = http_listener.value.frontend
      frontend_port_name             = "port-${http_listener.value.port}"
      protocol                       = http_listener.value.protocol
      host_names                     = http_listener.value.host_names
      require_sni                    = http_listener.value.protocol == "Https" && length(http_listener.value.host_names) > 0
      ssl_certificate_name           = http_listener.value.certificate
      firewall_policy_id             = http_listener.value.firewall == null ? http_listener.value.firewall_policy_resource_id : azurerm_web_application_firewall_policy.this[http_listener.value.firewall].id
    }
  }

  dynamic "request_routing_rule" {
    for_each = local.routing_rules

    content {
      name                        = request_routing_rule.key
      priority                    = request_routing_rule.value.priority
      rule_type                   = request_routing_rule.value.url_path_map == null ? "Basic" : "PathBasedRouting"
      http_listener_name          = request_routing_rule.value.listener
      backend_address_pool_name   = request_routing_rule.value.backend_pool
      backend_http_settings_name  = request_routing_rule.value.backend_settings
      redirect_configuration_name = request_routing_rule.value.redirect
      url_path_map_name           = request_routing_rule.value.url_path_map
      rewrite_rule_set_name       = request_routing_rule.value.rewrite_rule_set
    }
  }

  dynamic "redirect_configuration" {
    for_each = var.redirects

    content {
      name                 = redirect_configuration.key
      redirect_type        = redirect_configuration.value.type
      target_listener_name = redirect_configuration.value.listener
      target_url           = redirect_configuration.value.url
      include_path         = redirect_configuration.value.include_path
      include_query_string = redirect_configuration.value.include_query_string
    }
  }

  dynamic "url_path_map" {
    for_each = local.url_path_maps

    content {
      name                                = url_path_map.key
      default_backend_address_pool_name   = url_path_map.value.default_backend_pool
      default_backend_http_settings_name  = url_path_map.value.default_backend_settings
      default_redirect_configuration_name = url_path_map.value.default_redirect
      default_rewrite_rule_set_name       = url_path_map.value.default_rewrite_rule_set

      dynamic "path_rule" {
        for_each = url_path_map.value.path_rules

        content {
          name                        = path_rule.value.name
          paths                       = path_rule.value.paths
          backend_address_pool_name   = path_rule.value.backend_pool
          backend_http_settings_name  = path_rule.value.backend_settings
          redirect_configuration_name = path_rule.value.redirect
          rewrite_rule_set_name       = path_rule.value.rewrite_rule_set
          firewall_policy_id          = path_rule.value.firewall == null ? path_rule.value.firewall_policy_resource_id : azurerm_web_application_firewall_policy.this[path_rule.value.firewall].id
        }
      }
    }
  }

  dynamic "rewrite_rule_set" {
    for_each = local.rewrite_rule_sets

    content {
      name = rewrite_rule_set.key

      dynamic "rewrite_rule" {
        for_each = rewrite_rule_set.value

        content {
          name          = rewrite_rule.key
          rule_sequence = rewrite_rule.value.sequence

          dynamic "condition" {
            for_each = rewrite_rule.value.conditions

            content {
              variable    = condition.value.variable
              pattern     = condition.value.pattern
              ignore_case = condition.value.ignore_case
              negate      = condition.value.negate
            }
          }

          dynamic "request_header_configuration" {
            for_each = rewrite_rule.value.request_headers

            content {
              header_name  = request_header_configuration.key
              header_value = request_header_configuration.value
            }
          }

          dynamic "response_header_configuration" {
            for_each = rewrite_rule.value.response_headers

            content {
              header_name  = response_header_configuration.key
              header_value = response_header_configuration.value
            }
          }

          dynamic "url" {
            for_each = rewrite_rule.value.url == null ? [] : [rewrite_rule.value.url]

            content {
              path         = url.value.path
              query_string = url.value.query_string
              components   = url.value.components
              reroute      = url.value.reroute
            }
          }
        }
      }
    }
  }
}

resource "azurerm_public_ip" "this" {
  count = local.has_public ? 1 : 0

  name                 = coalesce(var.public_frontend.public_ip_name, "pip-${var.name}")
  location             = var.location
  resource_group_name  = var.resource_group_name
  tags                 = var.tags
  sku                  = "Standard"
  allocation_method    = "Static"
  zones                = length(var.zones) == 0 ? null : var.zones
  domain_name_label    = var.public_frontend.domain_name_label
  ddos_protection_mode = var.public_frontend.ddos_protection_mode
}
