mock_provider "azurerm" {}

variables {
  name                = "redis-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "what_a_new_instance_refuses" {
  command = plan

  variables {
    tags                      = { env = "dev" }
    sku_name                  = "Enterprise_E10"
    eviction_policy           = "Oldest"
    persistence               = { append_only_file_frequency = "1s", snapshot_frequency = "1h" }
    access_policy_assignments = { app = { object_id = "somebody" } }
    customer_managed_key = {
      key_id                             = "https://kv.vault.azure.net/keys/redis"
      user_assigned_identity_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-redis"
    }
    access_keys_key_vault = { key_vault_resource_id = "kv", secret_name = "a secret" }
  }

  expect_failures = [
    var.tags,
    var.sku_name,
    var.eviction_policy,
    var.persistence,
    var.access_policy_assignments,
    var.customer_managed_key,
    var.access_keys_key_vault,
  ]
}

run "search_and_geo_replication_have_needs" {
  command = plan

  variables {
    database_modules  = { RediSearch = "" }
    geo_replication   = { group_name = "shop" }
    clustering_policy = "OSSCluster"
  }

  expect_failures = [var.database_modules, var.geo_replication]
}

run "what_an_existing_instance_refuses" {
  command = plan

  variables {
    existing_redis = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.Cache/redisEnterprise/redis-lz" }
    lock           = { kind = "ReadOnly" }
  }

  expect_failures = [var.existing_redis]
}
