mock_provider "azurerm" {}

variables {
  name                = "shop"
  location            = "westeurope"
  resource_group_name = "rg-costs"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  subscription_id     = "/subscriptions/00000000-0000-0000-0000-000000000001"
}

run "what_is_refused" {
  command = plan

  variables {
    tags            = { env = "dev" }
    subscription_id = "00000000-0000-0000-0000-000000000001"
    budgets         = { stage = { amount = 0, start_date = "2026-01-02T00:00:00Z" } }
    exports         = { daily = { start_date = "2036-12-01T00:00:00Z", end_date = "2026-12-01T00:00:00Z", type = "Forecast" } }
    anomaly_alert   = { email_addresses = [], display_name = "A name that is longer than it may be" }
  }

  expect_failures = [var.tags, var.subscription_id, var.budgets, var.exports, var.anomaly_alert]
}

run "exports_need_a_storage" {
  command = plan

  variables {
    exports = { daily = { start_date = "2026-12-01T00:00:00Z", end_date = "2036-12-01T00:00:00Z" } }
  }

  expect_failures = [var.export_storage]
}
