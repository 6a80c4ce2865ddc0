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

locals {
  tags = {
    costcenter = "cc-0000"
    env        = "example"
    owner      = "platform"
  }
}

data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "this" {
  name     = "rg-redis-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-redis-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.61.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "private-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.61.0.0/28"]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  name                = "privatelink.redis.azure.net"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "workload" {
  name                = "id-redis-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_key_vault" "this" {
  name                          = "kv-rd-terrace-example"
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

module "redis" {
  source = "../../"

  name                = "redis-terrace-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  persistence         = { snapshot_frequency = "12h" }
  managed_identities  = { system_assigned = true }

  access_keys_key_vault = {
    key_vault_resource_id = azurerm_key_vault.this.id
    secret_name           = "redis-key"
    readers               = { workload = azurerm_user_assigned_identity.workload.principal_id }
  }

  private_endpoints = {
    data = {
      subnet_resource_id            = azurerm_subnet.this.id
      private_dns_zone_resource_ids = { redis = azurerm_private_dns_zone.this.id }
    }
  }

  depends_on = [azurerm_role_assignment.secrets]
}

module "access" {
  source = "../../"

  name                = "orders"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  existing_redis      = { resource_id = module.redis.resource_id }

  access_policy_assignments = {
    workload = { object_id = azurerm_user_assigned_identity.workload.principal_id }
    operator = { object_id = data.azurerm_client_config.current.object_id }
  }
}

output "host" {
  description = "Host name of the instance."
  value       = module.redis.host
}

output "port" {
  description = "Port of the database."
  value       = module.access.port
}
