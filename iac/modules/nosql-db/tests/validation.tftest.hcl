mock_provider "azurerm" {}

variables {
  name                = "cosmos-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "what_a_new_account_refuses" {
  command = plan

  variables {
    tags                          = { owner = "shop" }
    mongo_server_version          = "3.2"
    consistency                   = { level = "BoundedStaleness" }
    backup                        = { type = "Never" }
    total_throughput_limit        = 100
    extra_capabilities            = ["EnableCassandra"]
    public_network_access_enabled = true
    replica_locations             = { northeurope = { failover_priority = 2 } }
    access_keys_key_vault         = { key_vault_resource_id = "kv", secret_name = "a secret" }
    customer_managed_key = {
      key_id                             = "https://kv.vault.azure.net/keys/cosmos/0123456789abcdef"
      user_assigned_identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-cosmos"
    }
  }

  expect_failures = [
    var.tags,
    var.mongo_server_version,
    var.consistency,
    var.backup,
    var.total_throughput_limit,
    var.extra_capabilities,
    var.network_rules,
    var.replica_locations,
    var.access_keys_key_vault,
    var.customer_managed_key,
  ]
}

run "throughput_and_roles_have_rules" {
  command = plan

  variables {
    serverless           = true
    mongo_databases      = { catalog = {} }
    sql_databases        = { main = { throughput = 400, max_throughput = 1000 } }
    sql_role_definitions = { reader = { name = "Mine", data_actions = [] } }
  }

  expect_failures = [var.sql_databases, var.mongo_databases, var.sql_role_definitions]
}

run "what_an_existing_account_refuses" {
  command = plan

  variables {
    existing_account = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.DocumentDB/databaseAccounts/cosmos-lz" }
    sql_databases    = { main = {} }
    lock             = { kind = "ReadOnly" }
  }

  expect_failures = [var.existing_account]
}

run "paths_of_indexes" {
  command = plan

  variables {
    api             = "mongo"
    mongo_databases = { main = { indexed_collections = { orders = { bad = "$where" } } } }
  }

  expect_failures = [var.mongo_databases]
}
