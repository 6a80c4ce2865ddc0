mock_provider "azurerm" {
  mock_resource "azurerm_storage_account" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-costs/providers/Microsoft.Storage/storageAccounts/stcosts" }
  }
  mock_resource "azurerm_storage_container" {
    defaults = { id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-costs/providers/Microsoft.Storage/storageAccounts/stcosts/blobServices/default/containers/costs" }
  }
}

variables {
  name                = "shop"
  location            = "westeurope"
  resource_group_name = "rg-costs"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  subscription_id     = "/subscriptions/00000000-0000-0000-0000-000000000001"
}

run "budgets_exports_and_anomalies" {
  variables {
    budgets = {
      stage = { amount = 100, start_date = "2026-01-01T00:00:00Z", contact_emails = ["a@example.com"], tags = { env = ["dev"] } }
      group = {
        amount         = 10, start_date = "2026-01-01T00:00:00Z", contact_roles = ["Owner"],
        resource_group = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-shop" }
      }
    }
    export_storage = { name = "stcosts" }
    exports        = { daily = { start_date = "2026-12-01T00:00:00Z", end_date = "2036-12-01T00:00:00Z" } }
    anomaly_alert  = { email_addresses = ["a@example.com"] }
  }

  assert {
    condition     = length(azurerm_consumption_budget_subscription.this["stage"].notification) == 3 && one(azurerm_consumption_budget_subscription.this["stage"].filter[0].tag).name == "env"
    error_message = "A budget has three thresholds, and counts the costs of its tags."
  }

  assert {
    condition     = azurerm_consumption_budget_resource_group.this["group"].name == "shop-group"
    error_message = "A budget with a resource group is on that group."
  }

  assert {
    condition     = !azurerm_storage_account.exports[0].shared_access_key_enabled && !azurerm_storage_account.exports[0].public_network_access_enabled && azurerm_storage_account.exports[0].min_tls_version == "TLS1_2"
    error_message = "The storage account has neither keys nor public access, and TLS 1.2."
  }

  assert {
    condition     = azurerm_storage_account.exports[0].tags == tomap({ costcenter = "cc-1", env = "dev", owner = "shop" })
    error_message = "The storage account carries the tags."
  }

  assert {
    condition     = length(output.budget_ids) == 2 && length(output.export_ids) == 1 && output.anomaly_alert_id != null
    error_message = "The outputs have the ids."
  }
}

run "nothing_is_made_unasked" {
  command = plan

  assert {
    condition     = length(azurerm_storage_account.exports) == 0 && length(output.budget_ids) == 0 && output.resource_id == null
    error_message = "Without budgets and exports there is nothing."
  }
}
