# What the gateway's documents are on Azure: documents.json is written by the test of the
# translation, from the documents that the gateway itself is asked for.
mock_provider "azurerm" {
  mock_resource "azurerm_application_gateway" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/applicationGateways/agw-shop"
    }
  }

  mock_resource "azurerm_web_application_firewall_policy" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/applicationGatewayWebApplicationFirewallPolicies/waf-agw-shop"
    }
  }

  mock_resource "azurerm_public_ip" {
    defaults = {
      id         = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/publicIPAddresses/pip-agw-shop"
      ip_address = "203.0.113.10"
      fqdn       = "shop.westeurope.cloudapp.azure.com"
    }
  }
}

variables {
  name                = "agw-shop"
  location            = "westeurope"
  resource_group_name = "rg-net"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  subnet_resource_id  = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/gateway"
  managed_identities  = { user_assigned_resource_ids = { gateway = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-agw" } }
  certificates        = { shop = { key_vault_secret_id = "https://kv-shop.vault.azure.net/secrets/shop" } }
  backend_pools       = { cluster = {} }
  backend_settings    = { cluster = {} }
  listeners           = { https = { certificate = "shop" } }
  routing_rules       = { shop = { priority = 100, listener = "https", backend_pool = "cluster", backend_settings = "cluster" } }
}

run "sites_of_documents" {
  variables {
    sites = { for name, s in jsondecode(file("tests/documents.json")) : name => merge(s, { backend_pool = "cluster", backend_settings = "cluster", certificate = "shop" }) }
  }

  assert {
    condition     = toset(flatten([for l in azurerm_application_gateway.this.http_listener : l.host_names if startswith(l.name, "site-")])) == toset(["shop.dev.shop.localhost", "partners.dev.shop.localhost", "*.partners.dev.shop.localhost"])
    error_message = "each host has a listener"
  }

  assert {
    condition     = alltrue([for l in azurerm_application_gateway.this.http_listener : l.protocol == "Https" && l.firewall_policy_id != null if startswith(l.name, "site-")])
    error_message = "each site is behind TLS and its own firewall policy"
  }

  assert {
    condition     = one([for r in azurerm_application_gateway.this.rewrite_rule_set : one(one(r.rewrite_rule).url).path if r.name == "site-shop-any-partners-dev-shop-localhost-bdee0e"]) == "/_.partners.dev.shop.localhost{var_uri_path}"
    error_message = "paths lead to the site's API"
  }

  assert {
    condition     = max([for r in azurerm_application_gateway.this.request_routing_rule : r.priority if startswith(r.name, "site-")]...) == one([for r in azurerm_application_gateway.this.request_routing_rule : r.priority if r.name == "site-shop-any-partners-dev-shop-localhost-bdee0e"])
    error_message = "a wildcard comes after what it takes in"
  }

  assert {
    condition     = toset([for r in azurerm_web_application_firewall_policy.this["shop-shop-dev-shop-localhost-179da3"].custom_rules : "${r.name} ${r.rule_type} ${r.priority}"]) == toset(["deny0 MatchRule 1", "allow MatchRule 2", "rate00 RateLimitRule 3", "methods MatchRule 4"])
    error_message = "networks, rates and methods are rules of the firewall"
  }

  assert {
    condition     = length(azurerm_web_application_firewall_policy.this["shop-shop-dev-shop-localhost-179da3"].managed_rules[0].exclusion) == 2 && one(one(one(azurerm_web_application_firewall_policy.this["shop-shop-dev-shop-localhost-179da3"].managed_rules[0].managed_rule_set).rule_group_override).rule).id == "920420"
    error_message = "exclusions leave out what they name"
  }
}

run "paths_with_policies_of_their_own" {
  variables {
    sites = { shop = {
      host = "shop.example.com", api = "shop.example.com", backend_pool = "cluster", backend_settings = "cluster", certificate = "shop"
      waf  = { mode = "Detection" }
      paths = {
        admin                                                                          = { order = 2, paths = ["/admin", "/admin/*"], waf = {} }
        users                                                                          = { order = 1, paths = ["/admin/users", "/admin/users/*"], waf = {} }
        a-path-whose-name-is-so-long-that-azure-would-not-take-it-with-those-before-it = { order = 0, paths = ["/long"], waf = {} }
      }
    } }
  }

  assert {
    condition     = azurerm_web_application_firewall_policy.this["shop"].policy_settings[0].mode == "Detection" && azurerm_web_application_firewall_policy.this["shop-admin"].policy_settings[0].mode == "Prevention"
    error_message = "each has its mode"
  }

  assert {
    condition     = [for r in one(azurerm_application_gateway.this.url_path_map).path_rule : r.paths[0]] == ["/long", "/admin/users", "/admin"] && alltrue([for r in one(azurerm_application_gateway.this.url_path_map).path_rule : r.firewall_policy_id != null])
    error_message = "paths are parted, the narrower ones first"
  }

  assert {
    condition     = alltrue([for p in azurerm_web_application_firewall_policy.this : length(p.name) <= 80]) && length(distinct([for p in azurerm_web_application_firewall_policy.this : p.name])) == 5
    error_message = "names of firewall policies are as long as Azure takes them"
  }
}

run "sites_name_what_there_is" {
  command = plan

  variables {
    sites = { shop = { host = "shop.example.com", api = "/shop", backend_pool = "none", backend_settings = "cluster", certificate = "shop" } }
  }

  expect_failures = [var.sites]
}
