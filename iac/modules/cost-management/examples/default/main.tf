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
  name     = "rg-cost-management-example"
  location = "westeurope"
  tags     = local.tags
}

resource "azurerm_monitor_action_group" "this" {
  name                = "ag-cost-management-example"
  resource_group_name = azurerm_resource_group.this.name
  short_name          = "costs"
  tags                = local.tags

  email_receiver {
    name                    = "platform"
    email_address           = "platform@example.com"
    use_common_alert_schema = true
  }
}

module "costs" {
  source = "../../"

  name                = "cost-example"
  location            = azurerm_resource_group.this.location
  resource_group_name = azurerm_resource_group.this.name
  tags                = local.tags

  receivers = {
    emails                    = ["platform@example.com"]
    roles                     = ["Owner"]
    action_group_resource_ids = { platform = azurerm_monitor_action_group.this.id }
  }

  budgets = {
    stage = { amount = 1000, start_date = "2026-01-01T00:00:00Z", tags = { env = ["example"] } }
    group = { amount = 200, start_date = "2026-01-01T00:00:00Z", end_date = "2027-01-01T00:00:00Z", resource_group = true }
  }

  export_storage = { new_account_name = "stterracecostexample" }

  exports = {
    daily = { start_date = "2027-01-01T00:00:00Z", end_date = "2036-01-01T00:00:00Z" }
  }
}

output "budgets" {
  description = "The budgets."
  value       = module.costs.budget_resource_ids
}
