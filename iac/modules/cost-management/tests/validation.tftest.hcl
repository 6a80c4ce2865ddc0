mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      subscription_id = "00000000-0000-0000-0000-000000000001"
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

run "what_is_refused" {
  command = plan

  variables {
    tags          = { env = "dev" }
    subscription  = { resource_id = "my subscription" }
    budgets       = { all = { amount = 0, start_date = "2026-01-15T00:00:00Z" } }
    anomaly_alert = { display_name = "A name that is longer than twenty-five characters" }
    exports       = { daily = { start_date = "2027-01-01T00:00:00Z", end_date = "2030-01-01T00:00:00Z" } }
  }

  expect_failures = [var.tags, var.subscription, var.budgets, var.anomaly_alert, var.exports]
}

run "somebody_must_hear" {
  command = plan

  variables {
    receivers     = {}
    anomaly_alert = null
  }

  expect_failures = [var.receivers]
}

run "names_of_storage_accounts_are_narrow" {
  command = plan

  variables {
    export_storage = { new_account_name = "st-shop" }
  }

  expect_failures = [var.export_storage]
}
