mock_provider "azurerm" {}

variables {
  name                = "agw-shop"
  location            = "westeurope"
  resource_group_name = "rg-net"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  subnet_resource_id  = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/gateway"
  backend_pools       = { cluster = {} }
  backend_settings    = { cluster = {} }
  listeners           = { http = { protocol = "Http" } }
  routing_rules       = { shop = { priority = 100, listener = "http", backend_pool = "cluster", backend_settings = "cluster" } }
}

run "what_has_bounds" {
  command = plan

  variables {
    tags               = { env = "dev" }
    subnet_resource_id = "gateway"
    zones              = ["4"]
    capacity           = { min = 5, max = 3 }
    ssl_policy_name    = "AppGwSslPolicy20150501"
    public_frontend    = null
    certificates       = { shop = { key_vault_secret_id = "https://kv-shop.vault.azure.net/secrets/shop" } }
    probes             = { api = { path = "status" } }
    redirects          = { https = {} }
    rewrite_rule_sets  = { headers = { hsts = { sequence = 0 } } }
    waf                = { mode = "Off" }
  }

  expect_failures = [
    var.tags,
    var.subnet_resource_id,
    var.zones,
    var.capacity,
    var.ssl_policy_name,
    var.private_frontend,
    var.certificates,
    var.probes,
    var.redirects,
    var.rewrite_rule_sets,
    var.waf,
  ]
}

run "names_refer_to_what_is_there" {
  command = plan

  variables {
    backend_settings = { cluster = { probe = "none" } }
    listeners        = { https = {}, private = { protocol = "Http", frontend = "private" } }
    url_path_maps    = { shop = { path_rules = {} } }
  }

  expect_failures = [var.backend_settings, var.listeners, var.url_path_maps]
}

run "a_rule_has_one_target" {
  command = plan

  variables {
    routing_rules = { none = { priority = 100, listener = "http" }, other = { priority = 100, listener = "http", backend_pool = "other", backend_settings = "cluster" } }
    waf           = { custom_rules = { rate = { priority = 1, type = "RateLimitRule", conditions = [] } } }
  }

  expect_failures = [var.routing_rules, var.waf]
}
