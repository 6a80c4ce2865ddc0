mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      tenant_id = "00000000-0000-0000-0000-00000000000c"
    }
  }
}

variables {
  name                = "kv-shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "what_a_new_vault_refuses" {
  command = plan

  variables {
    name                       = "kv-a-name-that-is-much-too-long"
    tags                       = { env = "dev" }
    tenant_id                  = "contoso"
    sku                        = "free"
    network_acls               = { ip_rules = ["203.0.113.7"] }
    soft_delete_retention_days = 3
    secrets                    = { "a secret" = {} }
  }

  expect_failures = [var.tags, var.existing_key_vault, var.tenant_id, var.sku, var.network_acls, var.soft_delete_retention_days, var.secrets]
}

run "what_keys_refuse" {
  command = plan

  variables {
    keys = { weak = { size = 1024 }, hardware = { type = "RSA-HSM" } }
  }

  expect_failures = [var.keys]
}

run "what_an_existing_vault_refuses" {
  command = plan

  variables {
    existing_key_vault = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.KeyVault/vaults/kv-lz" }
    lock               = { kind = "ReadOnly" }
  }

  expect_failures = [var.existing_key_vault]
}
