mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      tenant_id       = "00000000-0000-0000-0000-00000000000c"
      object_id       = "00000000-0000-0000-0000-00000000000a"
      subscription_id = "00000000-0000-0000-0000-000000000001"
    }
  }

  mock_resource "azurerm_key_vault" {
    defaults = {
      id        = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.KeyVault/vaults/kv-shop"
      vault_uri = "https://kv-shop.vault.azure.net/"
    }
  }

  mock_data "azurerm_key_vault" {
    defaults = {
      id        = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.KeyVault/vaults/kv-lz"
      vault_uri = "https://kv-lz.vault.azure.net/"
    }
  }

  mock_resource "azurerm_key_vault_key" {
    defaults = {
      id                      = "https://kv-shop.vault.azure.net/keys/storage/0123456789abcdef0123456789abcdef"
      versionless_id          = "https://kv-shop.vault.azure.net/keys/storage"
      resource_versionless_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.KeyVault/vaults/kv-shop/keys/storage"
    }
  }

  mock_resource "azurerm_key_vault_secret" {
    defaults = {
      id                      = "https://kv-lz.vault.azure.net/secrets/token/0123456789abcdef0123456789abcdef"
      versionless_id          = "https://kv-lz.vault.azure.net/secrets/token"
      resource_versionless_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.KeyVault/vaults/kv-lz/secrets/token"
    }
  }

  mock_resource "azurerm_private_endpoint" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-platform/providers/Microsoft.Network/privateEndpoints/pe-kv-shop-main"
    }
  }
}

variables {
  name                = "kv-shop"
  location            = "westeurope"
  resource_group_name = "rg-platform"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "secure_by_default" {
  variables {
    keys = { storage = { role_assignments = { disk = { principal_id = "00000000-0000-0000-0000-00000000000b" } } } }

    private_endpoints = {
      main = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" }
    }

    diagnostic_settings = {
      central = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops" }
    }
  }

  assert {
    condition     = azurerm_key_vault.this[0].rbac_authorization_enabled && azurerm_key_vault.this[0].purge_protection_enabled && azurerm_key_vault.this[0].soft_delete_retention_days == 90
    error_message = "the vault must use Azure RBAC and keep what is deleted"
  }

  assert {
    condition     = !azurerm_key_vault.this[0].public_network_access_enabled && azurerm_key_vault.this[0].network_acls[0].default_action == "Deny" && !azurerm_key_vault.this[0].enabled_for_deployment
    error_message = "the vault must be closed"
  }

  assert {
    condition     = azurerm_key_vault_key.this["storage"].key_size == 4096 && azurerm_key_vault_key.this["storage"].rotation_policy[0].automatic[0].time_before_expiry == "P30D"
    error_message = "keys must be strong and rotate"
  }

  assert {
    condition     = azurerm_role_assignment.keys["storage/disk"].role_definition_name == "Key Vault Crypto Service Encryption User" && endswith(azurerm_role_assignment.keys["storage/disk"].scope, "/keys/storage")
    error_message = "a role on a key must be on that key alone"
  }

  assert {
    condition     = output.uri == "https://kv-shop.vault.azure.net/" && output.versionless_key_ids["storage"] == "https://kv-shop.vault.azure.net/keys/storage" && azurerm_key_vault.this[0].tags["owner"] == "shop"
    error_message = "outputs and tags must be there"
  }
}

run "a_secret_in_an_existing_vault" {
  variables {
    name               = "orders"
    existing_key_vault = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.KeyVault/vaults/kv-lz" }
    secrets            = { token = { value_version = 3, role_assignments = { app = { principal_id = "00000000-0000-0000-0000-00000000000b" } } } }
    secret_values      = { token = "only-a-test" }
  }

  assert {
    condition     = length(azurerm_key_vault.this) == 0 && output.name == "kv-lz" && output.uri == "https://kv-lz.vault.azure.net/"
    error_message = "no vault may be made"
  }

  assert {
    condition     = azurerm_key_vault_secret.this["token"].value_wo_version == 3 && azurerm_role_assignment.secrets["token/app"].role_definition_name == "Key Vault Secrets User"
    error_message = "the value must be write-only and the role on the secret"
  }
}
