resource "azurerm_cosmosdb_mongo_database" "this" {
  for_each = var.mongo_databases

  name                = local.mongo_database_names[each.key]
  account_name        = local.account_name
  resource_group_name = local.resource_group_name
  throughput          = each.value.throughput

  dynamic "autoscale_settings" {
    for_each = each.value.max_throughput == null ? [] : [each.value.max_throughput]

    content {
      max_throughput = autoscale_settings.value
    }
  }
}

resource "azurerm_cosmosdb_mongo_collection" "this" {
  for_each = local.mongo_collections

  name                = each.value.name
  account_name        = local.account_name
  resource_group_name = local.resource_group_name
  database_name       = azurerm_cosmosdb_mongo_database.this[each.value.database_key].name
  shard_key           = each.value.shard_key
  default_ttl_seconds = each.value.default_ttl_seconds
  throughput          = each.value.throughput

  index {
    keys   = ["_id"]
    unique = true
  }

  dynamic "index" {
    for_each = each.value.indexes

    content {
      keys   = index.value.keys
      unique = index.value.unique
    }
  }

  dynamic "autoscale_settings" {
    for_each = each.value.max_throughput == null ? [] : [each.value.max_throughput]

    content {
      max_throughput = autoscale_settings.value
    }
  }
}
