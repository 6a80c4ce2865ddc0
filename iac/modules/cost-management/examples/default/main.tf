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
  name     = "rg-cost-example"
  location = "westeurope"
  tags     = local.tags
}

module "cost_management" {
  source = "../../"

  name                = "example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags
  subscription_id     = "/subscriptions/${data.azurerm_client_config.current.subscription_id}"

  budgets = {
    stage = {
      amount         = 1500
      start_date     = "2026-01-01T00:00:00Z"
      contact_emails = ["platform@example.com"]
      tags           = { env = ["example"] }
    }
    group = {
      amount         = 200
      start_date     = "2026-01-01T00:00:00Z"
      resource_group = { resource_id = azurerm_resource_group.this.id }
      contact_roles  = ["Owner"]
      thresholds     = { half = { percent = 50 } }
    }
  }

  export_storage = { name = "stcostexample" }
  exports = {
    daily = { start_date = "2026-12-01T00:00:00Z", end_date = "2036-12-01T00:00:00Z" }
  }

  anomaly_alert = { email_addresses = ["platform@example.com"] }
}

output "budget_ids" {
  description = "Ids of the budgets."
  value       = module.cost_management.budget_ids
}
