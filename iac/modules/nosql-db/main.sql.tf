resource "azurerm_cosmosdb_sql_database" "this" {
  for_each = var.sql_databases

  name                = local.sql_database_names[each.key]
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

resource "azurerm_cosmosdb_sql_container" "this" {
  for_each = local.sql_containers

  name                  = each.value.name
  account_name          = local.account_name
  resource_group_name   = local.resource_group_name
  database_name         = azurerm_cosmosdb_sql_database.this[each.value.database_key].name
  partition_key_paths   = each.value.partition_key_paths
  partition_key_kind    = length(each.value.partition_key_paths) > 1 ? "MultiHash" : "Hash"
  partition_key_version = 2
  default_ttl           = each.value.default_ttl
  throughput            = each.value.throughput

  dynamic "autoscale_settings" {
    for_each = each.value.max_throughput == null ? [] : [each.value.max_throughput]

    content {
      max_throughput = autoscale_settings.value
    }
  }

  dynamic "unique_key" {
    for_each = each.value.unique_keys

    content {
      paths = unique_key.value
    }
  }

  indexing_policy {
    indexing_mode = each.value.indexing_mode

    dynamic "included_path" {
      for_each = each.value.indexing_mode == "none" ? [] : each.value.included_paths

      content {
        path = included_path.value
      }
    }

    dynamic "excluded_path" {
      for_each = each.value.indexing_mode == "none" ? [] : each.value.excluded_paths

      content {
        path = excluded_path.value
      }
    }

    dynamic "composite_index" {
      for_each = each.value.composite_indexes

      content {
        dynamic "index" {
          for_each = composite_index.value

          content {
            path  = index.value.path
            order = index.value.order
          }
        }
      }
    }
  }
}

resource "azurerm_cosmosdb_sql_role_definition" "this" {
  for_each = var.sql_role_definitions

  name                = each.value.name
  account_name        = local.account_name
  resource_group_name = local.resource_group_name
  type                = "CustomRole"
  assignable_scopes   = [local.account_id]

  permissions {
    data_actions = each.value.data_actions
  }
}

resource "azurerm_cosmosdb_sql_role_assignment" "this" {
  for_each = var.sql_role_assignments

  account_name        = local.account_name
  resource_group_name = local.resource_group_name
  principal_id        = each.value.principal_id
  role_definition_id  = contains(keys(local.built_in_roles), each.value.role) ? "${local.account_id}/sqlRoleDefinitions/${local.built_in_roles[each.value.role]}" : azurerm_cosmosdb_sql_role_definition.this[each.value.role].id
  scope               = each.value.database_key == null ? local.account_id : "${local.account_id}/dbs/${azurerm_cosmosdb_sql_database.this[each.value.database_key].name}"
}
