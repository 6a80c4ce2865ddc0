mock_provider "azurerm" {}

variables {
  name                = "vnet-shop"
  location            = "westeurope"
  resource_group_name = "rg-net"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  address_space       = ["10.10.0.0/16"]
}

run "what_has_bounds" {
  command = plan

  variables {
    tags                    = { owner = "shop" }
    address_space           = ["10.10.0.0"]
    dns_servers             = ["dns.example"]
    flow_timeout_in_minutes = 3
    ddos_protection_plan    = {}
    nat_gateway             = { zone = "1" }
    route_tables            = { hub = { routes = { default = { address_prefix = "0.0.0.0/0", next_hop_type = "VirtualAppliance" } } } }
    flow_logs               = { storage_account_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Storage/storageAccounts/stlogs", retention_days = 400 }
  }

  expect_failures = [
    var.tags,
    var.address_space,
    var.dns_servers,
    var.flow_timeout_in_minutes,
    var.ddos_protection_plan,
    var.nat_gateway,
    var.route_tables,
    var.flow_logs,
  ]
}

run "subnets_refer_to_what_is_there" {
  command = plan

  variables {
    subnets = { apps = { address_prefixes = ["10.10.0.0/24"], route_table = "hub", nat_gateway = true } }
  }

  expect_failures = [var.subnets]
}

run "rules_of_one_direction_have_different_priorities" {
  command = plan

  variables {
    subnets = {
      apps = {
        address_prefixes       = ["10.10.0.0/24"]
        network_security_group = { rules = { a = { priority = 100 }, b = { priority = 100 } } }
      }
    }
  }

  expect_failures = [var.subnets]
}
