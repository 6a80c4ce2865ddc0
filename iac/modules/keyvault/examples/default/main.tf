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
  name     = "rg-keyvault-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-keyvault-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.71.0.0/24"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "private-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.71.0.0/28"]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  name                = "privatelink.vaultcore.azure.net"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "workload" {
  name                = "id-keyvault-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

module "keyvault" {
  source = "../../"

  name                = "kv-terrace-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  sku                 = "premium"

  role_assignments = {
    applies = { role_definition_id_or_name = "Key Vault Administrator", principal_id = data.azurerm_client_config.current.object_id }
  }

  private_endpoints = {
    main = {
      subnet_resource_id            = azurerm_subnet.this.id
      private_dns_zone_resource_ids = { vault = azurerm_private_dns_zone.this.id }
    }
  }

  keys = {
    storage = { role_assignments = { workload = { principal_id = azurerm_user_assigned_identity.workload.principal_id, principal_type = "ServicePrincipal" } } }
    signing = { type = "EC-HSM", curve = "P-256", rotation = { enabled = false } }
  }
}

# What a workload does in the vault of its landing zone.
module "secret" {
  source = "../../"

  name                = "orders"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  existing_key_vault  = { resource_id = module.keyvault.resource_id }
  secret_values       = { token = var.token }

  secrets = {
    token = {
      name             = "orders-token"
      content_type     = "text/plain"
      value_version    = var.token_version
      role_assignments = { workload = { principal_id = azurerm_user_assigned_identity.workload.principal_id, principal_type = "ServicePrincipal" } }
    }
  }

  depends_on = [module.keyvault]
}

variable "token" {
  type        = string
  description = "The secret's value."
  default     = "only-an-example"
  ephemeral   = true
  sensitive   = true
}

variable "token_version" {
  type        = number
  description = "A higher number writes the value anew."
  default     = 1
}

output "uri" {
  description = "Address of the vault."
  value       = module.keyvault.uri
}

output "secret" {
  description = "Where the secret is."
  value       = module.secret.versionless_secret_ids["token"]
}
