terraform {
  required_version = ">= 1.11.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 5.2.0, < 6.0.0"
    }
  }
}

provider "azurerm" {
  features {}
  storage_use_azuread = true
}

locals {
  tags = {
    costcenter = "cc-0000"
    env        = "example"
    owner      = "platform"
  }
}

resource "azurerm_resource_group" "this" {
  name     = "rg-network-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_storage_account" "flow_logs" {
  name                            = "stnetworkexample"
  location                        = azurerm_resource_group.this.location
  resource_group_name             = azurerm_resource_group.this.name
  tags                            = local.tags
  account_tier                    = "Standard"
  account_replication_type        = "ZRS"
  min_tls_version                 = "TLS1_2"
  shared_access_key_enabled       = false
  allow_nested_items_to_be_public = false
  public_network_access_enabled   = false
}

module "network" {
  source = "../../"

  name                = "vnet-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  address_space       = ["10.60.0.0/16"]
  nat_gateway         = { public_ip_count = 1, public_ip_prefix_length = 30 }
  flow_logs           = { storage_account_resource_id = azurerm_storage_account.flow_logs.id }

  route_tables = {
    firewall = {
      routes = {
        default = { address_prefix = "0.0.0.0/0", next_hop_type = "VirtualAppliance", next_hop_in_ip_address = "10.60.255.4" }
      }
    }
  }

  subnets = {
    workloads = {
      address_prefixes  = ["10.60.0.0/20"]
      nat_gateway       = true
      service_endpoints = ["Microsoft.Storage"]
    }

    private_endpoints = {
      name             = "private-endpoints"
      address_prefixes = ["10.60.16.0/24"]
      route_table      = "firewall"
    }

    mysql = {
      address_prefixes = ["10.60.17.0/24"]
      delegation       = { service = "Microsoft.DBforMySQL/flexibleServers" }
    }

    gateway = {
      address_prefixes = ["10.60.18.0/24"]
      network_security_group = {
        rules = {
          AllowHttps          = { priority = 100, source_address_prefixes = ["Internet"], destination_port_ranges = ["80", "443"] }
          AllowGatewayManager = { priority = 110, source_address_prefixes = ["GatewayManager"], destination_port_ranges = ["65200-65535"] }
        }
      }
    }
  }
}

output "subnet_ids" {
  description = "Resource ids of the subnets."
  value       = module.network.subnet_ids
}
