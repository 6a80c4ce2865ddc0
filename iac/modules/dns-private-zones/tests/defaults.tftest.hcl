mock_provider "azurerm" {
  mock_resource "azurerm_private_dns_zone" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/privateDnsZones/dev.shop.internal"
    }
  }

  mock_resource "azurerm_private_dns_a_record" {
    defaults = {
      fqdn = "web.dev.shop.internal."
    }
  }

  mock_resource "azurerm_private_dns_cname_record" {
    defaults = {
      fqdn = "app.dev.shop.internal."
    }
  }

  mock_resource "azurerm_private_dns_resolver" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/dnsResolvers/dnspr"
    }
  }

  mock_resource "azurerm_private_dns_resolver_outbound_endpoint" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/dnsResolvers/dnspr/outboundEndpoints/out"
    }
  }

  mock_resource "azurerm_private_dns_resolver_dns_forwarding_ruleset" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/dnsForwardingRulesets/ruleset-company"
    }
  }
}

variables {
  name                = "dnspr"
  location            = "westeurope"
  resource_group_name = "rg-net"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "zones_with_links_and_records" {
  variables {
    virtual_network_links = { lz = { virtual_network_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet" } }
    zones = {
      vault = { domain = "privatelink.vaultcore.azure.net", lock = { kind = "CanNotDelete" } }
      "dev.shop.internal" = {
        records          = { web = { type = "A", values = ["10.0.0.4"] }, text = { name = "@", type = "TXT", values = ["a", "b"] } }
        role_assignments = { app = { role_definition_name = "Private DNS Zone Contributor", principal_id = "00000000-0000-0000-0000-00000000000a" } }
      }
    }
  }

  assert {
    condition     = output.zone_names == { vault = "privatelink.vaultcore.azure.net", "dev.shop.internal" = "dev.shop.internal" } && output.resource_id == null
    error_message = "a key is the domain unless domain says so"
  }

  assert {
    condition     = keys(azurerm_private_dns_zone_virtual_network_link.this) == ["dev.shop.internal/lz", "vault/lz"] && !azurerm_private_dns_zone_virtual_network_link.this["vault/lz"].registration_enabled
    error_message = "each zone must be linked, with no registration"
  }

  assert {
    condition     = output.record_fqdns["dev.shop.internal/web"] == "web.dev.shop.internal" && length(azurerm_private_dns_txt_record.this["dev.shop.internal/text"].record) == 2 && azurerm_private_dns_txt_record.this["dev.shop.internal/text"].name == "@"
    error_message = "records must be made, their names without the last dot"
  }

  assert {
    condition     = keys(azurerm_management_lock.zone) == ["vault"] && azurerm_role_assignment.zone["dev.shop.internal/app"].role_definition_name == "Private DNS Zone Contributor" && azurerm_private_dns_zone.this["vault"].tags["owner"] == "shop"
    error_message = "locks, roles and tags must be of the zone"
  }
}

run "records_in_an_existing_zone" {
  variables {
    existing_zone = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/privateDnsZones/dev.shop.internal" }
    records       = { app = { type = "CNAME", values = ["gateway.dev.shop.internal"] } }
  }

  assert {
    condition     = length(azurerm_private_dns_zone.this) == 0 && output.name == "dev.shop.internal" && output.record_fqdns == { app = "app.dev.shop.internal" }
    error_message = "only the record may be made"
  }

  assert {
    condition     = azurerm_private_dns_cname_record.this["app"].ttl == 300 && azurerm_private_dns_cname_record.this["app"].record == "gateway.dev.shop.internal"
    error_message = "the record must be as asked"
  }
}

run "a_resolver" {
  variables {
    resolver = {
      virtual_network_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet"
      inbound_endpoints           = { in = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/in", private_ip_address = "10.0.0.4" } }
      outbound_endpoints          = { out = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/out" } }
      forwarding_rulesets = {
        company = {
          outbound_endpoints    = ["out"]
          rules                 = { corp = { domain_name = "corp.example.", target_dns_servers = { a = { ip_address = "10.1.0.4" } } } }
          virtual_network_links = { lz = { virtual_network_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet" } }
        }
      }
    }
  }

  assert {
    condition     = output.inbound_endpoint_ip_addresses == { in = "10.0.0.4" } && azurerm_private_dns_resolver_inbound_endpoint.this["in"].ip_configurations[0].private_ip_allocation_method == "Static"
    error_message = "a given address is static"
  }

  assert {
    condition     = azurerm_private_dns_resolver_forwarding_rule.this["company/corp"].target_dns_servers[0].port == 53 && keys(azurerm_private_dns_resolver_virtual_network_link.this) == ["company/lz"]
    error_message = "rules and links must be made"
  }
}
