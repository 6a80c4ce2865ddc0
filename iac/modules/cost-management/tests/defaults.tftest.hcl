mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      subscription_id = "00000000-0000-0000-0000-000000000001"
    }
  }

  mock_resource "azurerm_storage_account" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.Storage/storageAccounts/stshopcosts"
    }
  }

  mock_resource "azurerm_storage_container" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.Storage/storageAccounts/stshopcosts/blobServices/default/containers/costs"
    }
  }
}

variables {
  name                = "cost-shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  receivers           = { emails = ["team@example.com"] }
}

run "somebody_hears_of_costs" {
  variables {
    budgets = {
      all   = { amount = 500, start_date = "2026-01-01T00:00:00Z", tags = { env = ["dev"] } }
      group = { amount = 100, start_date = "2026-01-01T00:00:00Z", resource_group = true }
    }
  }

  assert {
    condition     = length(azurerm_consumption_budget_subscription.this["all"].notification) == 3 && alltrue([for n in azurerm_consumption_budget_subscription.this["all"].notification : n.contact_emails == tolist(["team@example.com"])])
    error_message = "the receivers must hear at three thresholds"
  }

  assert {
    condition     = azurerm_consumption_budget_resource_group.this["group"].resource_group_id == "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform" && azurerm_consumption_budget_subscription.this["all"].subscription_id == "/subscriptions/00000000-0000-0000-0000-000000000001"
    error_message = "budgets must be of the subscription and of the module's group"
  }

  assert {
    condition     = azurerm_cost_anomaly_alert.this[0].display_name == "Cost anomalies" && length(azurerm_storage_account.exports) == 0
    error_message = "anomalies must be told, and no storage be made without exports"
  }
}

run "exports_to_closed_storage" {
  variables {
    exports        = { daily = { start_date = "2027-01-01T00:00:00Z", end_date = "2030-01-01T00:00:00Z" } }
    export_storage = { new_account_name = "stshopcosts" }
    anomaly_alert  = null
  }

  assert {
    condition     = !azurerm_storage_account.exports[0].shared_access_key_enabled && !azurerm_storage_account.exports[0].allow_nested_items_to_be_public && azurerm_storage_account.exports[0].min_tls_version == "TLS1_2" && one(azurerm_storage_account.exports[0].network_rules).default_action == "Deny"
    error_message = "the storage account must be closed"
  }

  assert {
    condition     = endswith(azurerm_subscription_cost_management_export.this["daily"].export_data_storage_location[0].container_id, "/containers/costs") && length(azurerm_cost_anomaly_alert.this) == 0 && azurerm_storage_account.exports[0].tags["owner"] == "shop"
    error_message = "exports must go there"
  }
}
