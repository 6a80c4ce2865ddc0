mock_provider "azurerm" {}

variables {
  name                = "mysql-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "what_a_new_server_refuses" {
  command = plan

  variables {
    tags                            = { costcenter = "cc-1", env = "dev" }
    mysql_version                   = "5.6"
    sku_name                        = "B_Standard_B2s"
    storage                         = { iops = 500 }
    zone                            = "4"
    backup_retention_days           = 36
    administrator_login             = "root"
    password_authentication_enabled = false
    parameters                      = { require_secure_transport = "OFF" }
    firewall_rules                  = { all = { start_ip_address = "0.0.0.0", end_ip_address = "255.255.255.255" } }
  }

  expect_failures = [
    var.tags,
    var.mysql_version,
    var.storage,
    var.zone,
    var.zone_redundant,
    var.backup_retention_days,
    var.administrator_login,
    var.password_authentication_enabled,
    var.parameters,
    var.firewall_rules,
  ]
}

run "a_new_server_needs_a_password" {
  command = plan

  expect_failures = [var.administrator_password, var.administrator_password_version]
}

run "what_an_existing_server_refuses" {
  command = plan

  variables {
    existing_server = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.DBforMySQL/flexibleServers/mysql-lz" }
    lock            = { kind = "CanNotDelete" }
    databases       = { main = {} }
  }

  expect_failures = [var.existing_server]
}

run "a_delegated_subnet_excludes_other_ways_and_names_are_checked" {
  command = plan

  variables {
    administrator_password         = "Correct-horse-1"
    administrator_password_version = 1
    databases                      = { sys = {} }

    delegated_subnet = {
      resource_id                  = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/mysql"
      private_dns_zone_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/privateDnsZones/a.mysql.database.azure.com"
    }
    private_endpoints = {
      data = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" }
    }
  }

  expect_failures = [var.databases, var.delegated_subnet]
}
