mock_provider "azurerm" {
  mock_resource "azurerm_cosmosdb_account" {
    defaults = {
      id          = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.DocumentDB/databaseAccounts/cosmos-shop"
      endpoint    = "https://cosmos-shop.documents.azure.com:443/"
      primary_key = "only-a-test"
    }
  }

  mock_resource "azurerm_private_endpoint" {
    defaults = {
      id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.Network/privateEndpoints/pe-cosmos-shop-data"
    }
  }

  mock_data "azurerm_cosmosdb_account" {
    defaults = {
      id          = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.DocumentDB/databaseAccounts/mongo-lz"
      kind        = "MongoDB"
      endpoint    = "https://mongo-lz.documents.azure.com:443/"
      primary_key = "only-a-test"
    }
  }
}

variables {
  name                = "cosmos-shop"
  location            = "westeurope"
  resource_group_name = "rg-data"
  tags                = { costcenter = "cc-1", env = "dev", owner = "shop" }
}

run "secure_by_default" {
  variables {
    lock = { kind = "CanNotDelete" }

    sql_databases        = { main = { containers = { orders = { partition_key_paths = ["/customer"] } } } }
    sql_role_assignments = { app = { principal_id = "00000000-0000-0000-0000-00000000000a", database_key = "main" } }

    private_endpoints = {
      data = { subnet_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/vnet/subnets/pe" }
    }

    diagnostic_settings = {
      central = { workspace_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-ops/providers/Microsoft.OperationalInsights/workspaces/log-ops" }
    }
  }

  assert {
    condition     = !azurerm_cosmosdb_account.this[0].local_authentication_enabled && !azurerm_cosmosdb_account.this[0].public_network_access_enabled && !azurerm_cosmosdb_account.this[0].access_key_metadata_writes_enabled
    error_message = "the account must be private, with Entra ID only"
  }

  assert {
    condition     = azurerm_cosmosdb_account.this[0].minimal_tls_version == "Tls12" && azurerm_cosmosdb_account.this[0].backup[0].type == "Continuous" && one(azurerm_cosmosdb_account.this[0].geo_location).zone_redundant
    error_message = "TLS 1.2, continuous backups and zones must be on"
  }

  assert {
    condition     = azurerm_private_endpoint.this["data"].private_service_connection[0].subresource_names[0] == "Sql" && output.host == "cosmos-shop.documents.azure.com" && output.port == 443
    error_message = "private endpoint, host and port must be those of the sql api"
  }

  assert {
    condition     = endswith(azurerm_cosmosdb_sql_role_assignment.this["app"].role_definition_id, "/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002") && endswith(azurerm_cosmosdb_sql_role_assignment.this["app"].scope, "/dbs/main")
    error_message = "the workload must contribute to its database alone"
  }

  assert {
    condition     = output.container_names == { "main/orders" = "orders" } && output.password_secret == null && azurerm_cosmosdb_account.this[0].tags["env"] == "dev"
    error_message = "the outputs must tell names and no secret"
  }
}

run "a_mongo_account" {
  variables {
    api             = "mongo"
    serverless      = true
    mongo_databases = { catalog = { collections = { products = { shard_key = "sku" } } } }

    access_keys_key_vault = {
      key_vault_resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-shop"
      secret_name           = "mongo-key"
    }
  }

  assert {
    condition     = azurerm_cosmosdb_account.this[0].kind == "MongoDB" && sort([for c in azurerm_cosmosdb_account.this[0].capabilities : c.name]) == tolist(["EnableMongo", "EnableServerless"])
    error_message = "the account must speak MongoDB, serverless"
  }

  assert {
    condition     = output.host == "cosmos-shop.mongo.cosmos.azure.com" && output.port == 10255 && output.username == "cosmos-shop" && output.password_secret.name == "mongo-key"
    error_message = "the outputs must tell how to reach it"
  }
}

run "a_database_on_an_existing_account" {
  variables {
    name             = "orders"
    api              = "mongo"
    existing_account = { resource_id = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-lz/providers/Microsoft.DocumentDB/databaseAccounts/mongo-lz" }
    mongo_databases  = { main = {} }
  }

  assert {
    condition     = length(azurerm_cosmosdb_account.this) == 0 && azurerm_cosmosdb_mongo_database.this["main"].resource_group_name == "rg-lz" && azurerm_cosmosdb_mongo_database.this["main"].account_name == "mongo-lz"
    error_message = "no account may be made"
  }

  assert {
    condition     = output.database_names == { main = "orders-main" } && output.host == "mongo-lz.mongo.cosmos.azure.com" && output.username == "mongo-lz"
    error_message = "names must derive from the module's name, host and user come from the account"
  }
}

run "collections_with_the_paths_of_their_indexes" {
  variables {
    api = "mongo"
    mongo_databases = {
      main   = { indexed_collections = { orders = { customer = "customer.name", total = "total" }, plain = {} } }
      shared = { throughput = 400, indexed_collections = { parcels = {} }, collections = { own = { indexes = [{ keys = ["a", "b"], unique = true }] } } }
    }
  }

  assert {
    condition     = sort([for i in azurerm_cosmosdb_mongo_collection.this["main/orders"].index : join(",", i.keys)]) == tolist(["_id", "customer.name", "total"]) && azurerm_cosmosdb_mongo_collection.this["main/orders"].name == "orders" && azurerm_cosmosdb_mongo_collection.this["main/orders"].throughput == 400
    error_message = "a collection must have its indexes, and tell its throughput"
  }

  assert {
    condition     = length(azurerm_cosmosdb_mongo_collection.this["main/plain"].index) == 1 && local.mongo_collections["shared/parcels"].throughput == null && one([for i in azurerm_cosmosdb_mongo_collection.this["shared/own"].index : i.unique if length(i.keys) == 2])
    error_message = "a collection in a database with throughput must share it"
  }
}
