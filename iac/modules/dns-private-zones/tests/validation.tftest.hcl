mock_provider "azurerm" {}

variables {
  name                = "dnspr"
  location            = "westeurope"
  resource_group_name = "rg-net"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "what_has_bounds" {
  command = plan

  variables {
    tags                  = { env = "dev" }
    zones                 = { "Shop" = {} }
    records               = { app = { type = "A", values = ["10.0.0.4"] } }
    virtual_network_links = { lz = { virtual_network_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet", resolution_policy = "Always" } }
    resolver = {
      virtual_network_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet"
      forwarding_rulesets         = { company = { outbound_endpoints = ["out"] } }
    }
  }

  expect_failures = [var.tags, var.zones, var.records, var.virtual_network_links, var.resolver]
}

run "a_record_has_what_its_type_needs" {
  command = plan

  variables {
    existing_zone = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/privateDnsZones/dev.shop.internal" }
    records       = { app = { type = "CNAME", values = ["a.shop.internal", "b.shop.internal"] } }
    zones         = { "dev.shop.internal" = { records = { web = { type = "A", values = ["web"] } } } }
  }

  expect_failures = [var.records, var.zones]
}

run "an_existing_zone_gets_records" {
  command = plan

  variables {
    existing_zone = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/privateDnsZones/dev.shop.internal" }
  }

  expect_failures = [var.records]
}
