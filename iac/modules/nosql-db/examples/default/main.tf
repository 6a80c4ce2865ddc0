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
  name     = "rg-cosmos-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-cosmos-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.64.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "private-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.64.0.0/28"]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  name                = "privatelink.documents.azure.com"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "workload" {
  name                = "id-cosmos-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_key_vault" "this" {
  name                          = "kv-db-terrace-example"
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

module "sql" {
  source = "../../"

  name                = "cosmos-terrace-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  replica_locations   = { northeurope = { failover_priority = 1 } }
  managed_identities  = { system_assigned = true }

  private_endpoints = {
    data = {
      subnet_resource_id            = azurerm_subnet.this.id
      private_dns_zone_resource_ids = { cosmos = azurerm_private_dns_zone.this.id }
    }
  }
}

module "orders" {
  source = "../../"

  name                = "orders"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  existing_account    = { resource_id = module.sql.resource_id }

  sql_databases = {
    main = {
      max_throughput = 1000
      containers = {
        orders = {
          partition_key_paths = ["/customer"]
          default_ttl         = -1
          unique_keys         = [["/number"]]
          excluded_paths      = ["/notes/?"]
          composite_indexes   = [[{ path = "/customer" }, { path = "/placed", order = "Descending" }]]
        }
      }
    }
  }

  sql_role_definitions = {
    append = {
      name         = "Appends orders"
      data_actions = ["Microsoft.DocumentDB/databaseAccounts/readMetadata", "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers/items/create"]
    }
  }

  sql_role_assignments = {
    workload = {
      role         = "append"
      principal_id = azurerm_user_assigned_identity.workload.principal_id
      database_key = "main"
    }
    reader = {
      role         = "reader"
      principal_id = azurerm_user_assigned_identity.workload.principal_id
      database_key = "main"
    }
  }
}

module "mongo" {
  source = "../../"

  name                = "mongo-terrace-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  api                 = "mongo"
  zone_redundant      = false
  lock                = { kind = "CanNotDelete" }

  access_keys_key_vault = {
    key_vault_resource_id = azurerm_key_vault.this.id
    secret_name           = "mongo-key"
    readers               = { workload = azurerm_user_assigned_identity.workload.principal_id }
  }

  mongo_databases = {
    catalog = {
      throughput = 400
      collections = {
        products = {
          shard_key = "sku"
          indexes   = [{ keys = ["sku"] }, { keys = ["name"] }]
        }
      }
    }
  }

  depends_on = [azurerm_role_assignment.secrets]
}

output "endpoint" {
  description = "Endpoint of the account."
  value       = module.sql.endpoint
}

output "mongo_host" {
  description = "Host that MongoDB clients connect to."
  value       = module.mongo.host
}
