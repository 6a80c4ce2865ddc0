mock_provider "azurerm" {}

variables {
  name                = "shop-dev"
  location            = "westeurope"
  resource_group_name = "rg-shop"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "what_is_refused" {
  command = plan

  variables {
    tags     = { env = "dev" }
    registry = { sku = "Standard", name = "my-registry" }
  }

  expect_failures = [var.tags, var.registry]
}

run "a_portal_needs_an_environment_and_an_image_that_stays" {
  command = plan

  variables {
    portal = { image = "terrace:latest", identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id" }
    customer_managed_key = {
      key_id                             = "https://kv.vault.azure.net/keys/registry/1"
      user_assigned_identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
      user_assigned_identity_client_id   = "00000000-0000-0000-0000-000000000003"
    }
  }

  expect_failures = [var.portal, var.customer_managed_key]
}
