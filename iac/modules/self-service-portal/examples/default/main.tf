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

resource "azurerm_resource_group" "this" {
  name     = "rg-portal-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-portal-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.70.0.0/16"]
  tags                = local.tags
}

resource "azurerm_subnet" "apps" {
  name                            = "apps"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.70.0.0/23"]
  default_outbound_access_enabled = false

  delegation {
    name = "apps"

    service_delegation {
      name    = "Microsoft.App/environments"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_subnet" "private_endpoints" {
  name                            = "private-endpoints"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.70.2.0/24"]
  default_outbound_access_enabled = false
}

resource "azurerm_private_dns_zone" "this" {
  name                = "privatelink.azurecr.io"
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

resource "azurerm_log_analytics_workspace" "this" {
  name                = "log-portal-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  retention_in_days   = 30
  tags                = local.tags
}

resource "azurerm_user_assigned_identity" "this" {
  name                = "id-portal-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

module "self_service_portal" {
  source = "../../"

  name                = "terrace-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  environment         = { subnet_resource_id = azurerm_subnet.apps.id, workspace_id = azurerm_log_analytics_workspace.this.id }

  lock = { kind = "CanNotDelete" }

  portal = {
    image                = "registry.example.com/terrace:1.0.0"
    identity_resource_id = azurerm_user_assigned_identity.this.id
    variables            = { TERRACE_LISTEN = "0.0.0.0:7080" }
  }

  private_endpoints = {
    registry = {
      subnet_resource_id            = azurerm_subnet.private_endpoints.id
      private_dns_zone_resource_ids = { registry = azurerm_private_dns_zone.this.id }
    }
  }

  diagnostic_settings = { workspace = { workspace_resource_id = azurerm_log_analytics_workspace.this.id } }
}

output "url" {
  description = "Address of the portal."
  value       = module.self_service_portal.url
}
