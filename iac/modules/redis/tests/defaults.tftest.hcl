mock_provider "azurerm" {
  mock_resource "azurerm_managed_redis" {
    defaults = {
      id       = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.Cache/redisEnterprise/redis-shop"
      hostname = "redis-shop.westeurope.redis.azure.net"
    }
  }

  mock_data "azurerm_managed_redis" {
    defaults = {
      id       = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.Cache/redisEnterprise/redis-lz"
      hostname = "redis-lz.westeurope.redis.azure.net"
      default_database = [{
        id                                            = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.Cache/redisEnterprise/redis-lz/databases/default"
        port                                          = 10000
        access_keys_authentication_enabled            = true
        primary_access_key                            = "only-a-test"
        secondary_access_key                          = "only-a-test-too"
        client_protocol                               = "Encrypted"
        clustering_policy                             = "OSSCluster"
        eviction_policy                               = "VolatileLRU"
        geo_replication_group_name                    = ""
        geo_replication_linked_database_ids           = []
        module                                        = []
        persistence_append_only_file_backup_frequency = ""
        persistence_redis_database_backup_frequency   = ""
      }]
    }
  }

  mock_resource "azurerm_private_endpoint" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.Network/privateEndpoints/pe-redis-shop-data"
    }
  }
}

variables {
  name                = "redis-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "secure_by_default" {
  assert {
    condition     = azurerm_managed_redis.this[0].public_network_access == "Disabled" && azurerm_managed_redis.this[0].high_availability_enabled
    error_message = "the instance must be private and replicated"
  }

  assert {
    condition     = azurerm_managed_redis.this[0].default_database[0].client_protocol == "Encrypted" && !azurerm_managed_redis.this[0].default_database[0].access_keys_authentication_enabled
    error_message = "clients must speak TLS and sign in through Entra ID"
  }

  assert {
    condition     = output.host == "redis-shop.westeurope.redis.azure.net" && output.password_secret == null && azurerm_managed_redis.this[0].tags["owner"] == "shop"
    error_message = "the outputs must tell the host and no secret"
  }
}

run "with_access_keys_in_a_vault" {
  variables {
    access_keys_key_vault = {
      key_vault_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-shop"
      secret_name           = "redis-key"
    }

    managed_identities        = { system_assigned = true }
    access_policy_assignments = { app = { object_id = "00000000-0000-0000-0000-00000000000a" } }
    persistence               = { append_only_file_frequency = "1s" }
    lock                      = { kind = "CanNotDelete" }

    private_endpoints = {
      data = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" }
    }

    diagnostic_settings = {
      central = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops" }
    }
  }

  assert {
    condition     = azurerm_managed_redis.this[0].default_database[0].access_keys_authentication_enabled && output.password_secret.name == "redis-key"
    error_message = "access keys must be on and the secret named"
  }

  assert {
    condition     = azurerm_managed_redis.this[0].identity[0].type == "SystemAssigned" && azurerm_private_endpoint.this["data"].private_service_connection[0].subresource_names[0] == "redisEnterprise"
    error_message = "identity and private endpoint must be as asked"
  }
}

run "access_to_an_existing_redis" {
  variables {
    existing_redis            = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.Cache/redisEnterprise/redis-lz" }
    access_policy_assignments = { app = { object_id = "00000000-0000-0000-0000-00000000000a" } }

    access_keys_key_vault = {
      key_vault_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-shop"
      secret_name           = "orders-redis"
    }
  }

  assert {
    condition     = length(azurerm_managed_redis.this) == 0 && output.host == "redis-lz.westeurope.redis.azure.net" && output.port == 10000 && output.name == "redis-lz"
    error_message = "nothing of the instance may be made, and its host and port be told"
  }
}
