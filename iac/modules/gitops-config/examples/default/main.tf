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
  name     = "rg-gitops-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_virtual_network" "this" {
  name                = "vnet-gitops-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  address_space       = ["10.65.0.0/16"]
  tags                = local.tags
}

resource "azurerm_subnet" "this" {
  name                            = "aks"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = ["10.65.0.0/20"]
  default_outbound_access_enabled = false
}

resource "azurerm_user_assigned_identity" "flux" {
  name                = "id-gitops-example-flux"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

module "aks" {
  source = "../../../aks"

  name                = "aks-gitops-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  subnet_resource_id  = azurerm_subnet.this.id
}

module "gitops" {
  source = "../../"

  name                = "flux"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  cluster_resource_id = module.aks.resource_id
  stage               = "dev"
  repository          = { url = "https://dev.azure.com/example/platform/_git/dev", provider = "Azure" }
  workload_identity   = { client_id = azurerm_user_assigned_identity.flux.client_id }
  platform_values     = { issuer = module.aks.oidc_issuer_url }

  configurations = {
    addons = {
      repository = { url = "https://github.com/example/addons" }
      kustomizations = {
        base  = { path = "./base" }
        rules = { path = "./rules", depends_on = ["base"] }
      }
    }
  }
}

output "repository" {
  description = "Where the stage's manifests are."
  value       = module.gitops.repository
}
