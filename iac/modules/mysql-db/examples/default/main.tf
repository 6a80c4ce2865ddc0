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
}

variable "administrator_password" {
  type        = string
  description = "Password of the server's administrator."
  default     = "Only-4-the-example"
  ephemeral   = true
  sensitive   = true
}

locals {
  tags = {
    costcenter = "cc-0000"
    env        = "example"
    owner      = "platform"
  }
}

data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "this" {
  name     = "rg-mysql-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-mysql-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.60.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "mysql"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.60.0.0/28"]
  default_outbound_access_enabled = false

  delegation {
    name = "mysql"

    service_delegation {
      name    = "Microsoft.DBforMySQL/flexibleServers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_private_dns_zone" "this" {
  name                = "example.private.mysql.database.azure.com"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  name                = "mysql"
  private_dns_zone_id = azurerm_private_dns_zone.this.id
  virtual_network_id  = azurerm_virtual_network.this.id
  tags                = local.tags
}

resource "azurerm_key_vault" "this" {
  name                          = "kv-my-terrace-example"
  location                      = azurerm_resource_group.this.location
  resource_group_name           = azurerm_resource_group.this.name
  tenant_id                     = data.azurerm_client_config.current.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  public_network_access_enabled = true
  soft_delete_retention_days    = 7
  tags                          = local.tags
}

resource "azurerm_role_assignment" "secrets" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = data.azurerm_client_config.current.object_id
}

module "server" {
  source = "../../"

  name                           = "mysql-terrace-example"
  location                       = azurerm_resource_group.this.location
  resource_group_name            = azurerm_resource_group.this.name
  tags                           = local.tags
  administrator_password         = var.administrator_password
  administrator_password_version = 1

  delegated_subnet = {
    resource_id                  = azurerm_subnet.this.id
    private_dns_zone_resource_id = azurerm_private_dns_zone.this.id
  }

  maintenance_window = { day_of_week = 0 }
  databases          = { app = {} }

  administrator_password_key_vault = {
    key_vault_resource_id = azurerm_key_vault.this.id
    secret_name           = "mysql-administrator"
  }

  depends_on = [azurerm_private_dns_zone_virtual_network_link.this, azurerm_role_assignment.secrets]
}

module "database" {
  source = "../../"

  name                = "orders"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  existing_server     = { resource_id = module.server.resource_id }
  databases           = { main = {} }
}

output "host" {
  description = "Host name of the server."
  value       = module.server.host
}

output "database" {
  description = "Name of the database that was added to the server."
  value       = module.database.database_names.main
}
