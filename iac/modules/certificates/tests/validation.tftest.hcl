mock_provider "azurerm" {}

variables {
  name                = "shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
  key_vault           = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.KeyVault/vaults/kv-shop" }
}

run "what_is_refused" {
  command = plan

  variables {
    tags          = { env = "dev" }
    key_vault     = { resource_id = "kv-shop" }
    contacts      = { nobody = { email = "nobody" } }
    issuers       = { own = { provider_name = "OwnCA" } }
    expiry_events = {}
  }

  expect_failures = [var.tags, var.key_vault, var.contacts, var.issuers, var.expiry_events]
}

run "an_unknown_issuer_is_refused" {
  command = plan

  variables {
    certificates = { gateway = { subject = "CN=shop", issuer = "letsencrypt" } }
  }

  expect_failures = [var.certificates]
}

run "hardware_exports_nothing_and_years_are_refused" {
  command = plan

  variables {
    certificates = { gateway = { subject = "shop", key_type = "RSA-HSM", exportable = true, validity_in_months = 36 } }
  }

  expect_failures = [var.certificates]
}
