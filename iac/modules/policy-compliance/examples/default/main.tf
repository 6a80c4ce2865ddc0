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
  name     = "rg-policy-example"
  location = "westeurope"
  tags     = local.tags
}

module "policy_compliance" {
  source = "../../"

  name                = "example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  default_effect      = "Deny"
  effects             = { tag-owner = "Audit" }
  allowed_locations   = ["westeurope", "northeurope"]
  standards           = ["mcsb", "iso27001"]

  exemptions = {
    legacy = {
      assignment    = "controls"
      description   = "The old system has no owner until it moves."
      expires_on    = "2036-01-01T00:00:00Z"
      reference_ids = ["tag-owner"]
    }
  }

  defender_plans   = { KeyVaults = {}, StorageAccounts = { subplan = "DefenderForStorageV2" } }
  security_contact = { email = "security@example.com" }
}

output "assignment_ids" {
  description = "Ids of the assignments."
  value       = module.policy_compliance.assignment_ids
}
