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

run "secure_by_default" {
  assert {
    condition     = azurerm_web_application_firewall_policy.this["main"].policy_settings[0].mode == "Prevention" && azurerm_web_application_firewall_policy.this["main"].policy_settings[0].request_body_check
    error_message = "the firewall must prevent"
  }

  assert {
    condition = toset([for s in azurerm_web_application_firewall_policy.this["main"].managed_rules[0].managed_rule_set : "${s.type} ${s.version}"]) == toset([
      "Microsoft_DefaultRuleSet 2.2", "Microsoft_BotManagerRuleSet 1.1",
    ])
    error_message = "the firewall must have Microsoft's default rule set 2.2"
  }

  assert {
    condition     = azurerm_application_gateway.this.firewall_policy_id == azurerm_web_application_firewall_policy.this["main"].id && azurerm_application_gateway.this.force_firewall_policy_association && azurerm_application_gateway.this.sku[0].tier == "WAF_v2"
    error_message = "the gateway must be behind its firewall"
  }

  assert {
    condition     = azurerm_application_gateway.this.ssl_policy[0].policy_name == "AppGwSslPolicy20220101S" && one(azurerm_application_gateway.this.http_listener).protocol == "Https" && one(azurerm_application_gateway.this.backend_http_settings).protocol == "Https"
    error_message = "TLS 1.2 and better, on both sides"
  }

  assert {
    condition     = azurerm_application_gateway.this.zones == toset(["1", "2", "3"]) && azurerm_public_ip.this[0].zones == toset(["1", "2", "3"]) && azurerm_public_ip.this[0].sku == "Standard"
    error_message = "gateway and address must span zones"
  }

  assert {
    condition     = output.host == "shop.westeurope.cloudapp.azure.com" && output.public_ip_address == "203.0.113.10" && azurerm_application_gateway.this.tags["env"] == "dev"
    error_message = "outputs and tags must be right"
  }
}

run "a_private_gateway" {
  variables {
    public_frontend  = null
    private_frontend = { private_ip_address = "10.0.0.10" }
    zones            = []
    listeners        = { https = { certificate = "shop", host_names = ["shop.internal"] }, http = { protocol = "Http" } }
    redirects        = { https = { listener = "https" } }
    routing_rules = {
      shop = { priority = 100, listener = "https", backend_pool = "cluster", backend_settings = "cluster" }
      http = { priority = 200, listener = "http", redirect = "https" }
    }
  }

  assert {
    condition     = length(azurerm_public_ip.this) == 0 && azurerm_application_gateway.this.frontend_ip_configuration[0].private_ip_address == "10.0.0.10" && output.host == "10.0.0.10"
    error_message = "a private gateway has no public address"
  }

  assert {
    condition     = toset([for p in azurerm_application_gateway.this.frontend_port : p.port]) == toset([80, 443]) && alltrue([for l in azurerm_application_gateway.this.http_listener : l.frontend_ip_configuration_name == "private"])
    error_message = "listeners must be at the private frontend, on their ports"
  }
}
