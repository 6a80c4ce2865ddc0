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
  name     = "rg-auth-oidc-example"
  location = "westeurope"
  tags     = local.tags
}

# The identity of one stage's pipeline.
module "pipeline" {
  source = "../../"

  name                = "id-example-dev-apply"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags

  github = {
    organization = "example"
    repository   = "platform"
    environments = ["dev"]
  }

  granted_roles = {
    group = { scope = azurerm_resource_group.this.id, role_definition_id_or_name = "Contributor" }
  }
}

# The identity of a workload, made elsewhere.
resource "azurerm_user_assigned_identity" "workload" {
  name                = "id-example-orders"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
}

module "workload" {
  source = "../../"

  name                = "orders"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  existing_identity   = { resource_id = azurerm_user_assigned_identity.workload.id }

  service_accounts = {
    orders = {
      issuer          = "https://westeurope.oic.prod-aks.azure.com/00000000-0000-0000-0000-000000000000/00000000-0000-0000-0000-000000000001/"
      namespace       = "shop-dev"
      service_account = "orders"
    }
  }
}

output "client_id" {
  description = "Client id of the workload's identity."
  value       = module.workload.client_id
}

output "subjects" {
  description = "Who may sign in as the pipeline's identity."
  value       = module.pipeline.subjects
}
