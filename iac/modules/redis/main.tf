resource "azurerm_managed_redis" "this" {
  count = local.creates ? 1 : 0

  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  sku_name                  = var.sku_name
  high_availability_enabled = var.high_availability_enabled
  public_network_access     = var.public_network_access_enabled ? "Enabled" : "Disabled"

  default_database {
    access_keys_authentication_enabled            = var.access_keys_key_vault != null
    client_protocol                               = "Encrypted"
    clustering_policy                             = var.clustering_policy
    eviction_policy                               = var.eviction_policy
    geo_replication_group_name                    = try(var.geo_replication.group_name, null)
    persistence_append_only_file_backup_frequency = try(var.persistence.append_only_file_frequency, null)
    persistence_redis_database_backup_frequency   = try(var.persistence.snapshot_frequency, null)

    dynamic "module" {
      for_each = var.database_modules

      content {
        name = module.key
        args = module.value
      }
    }
  }

  dynamic "identity" {
    for_each = local.identity_type == "" ? [] : [local.identity_type]

    content {
      type         = identity.value
      identity_ids = local.has_user_assigned_identity ? local.identity_ids : null
    }
  }

  dynamic "customer_managed_key" {
    for_each = var.customer_managed_key == null ? [] : [var.customer_managed_key]

    content {
      key_vault_key_id          = customer_managed_key.value.key_id
      user_assigned_identity_id = customer_managed_key.value.user_assigned_identity_resource_id
    }
  }
}

data "azurerm_managed_redis" "existing" {
  count = local.creates ? 0 : 1

  name                = local.existing_id_parts[8]
  resource_group_name = local.existing_id_parts[4]
}

resource "azurerm_managed_redis_geo_replication" "this" {
  count = length(try(var.geo_replication.linked_resource_ids, {})) > 0 ? 1 : 0

  managed_redis_id         = local.instance_id
  linked_managed_redis_ids = values(var.geo_replication.linked_resource_ids)
}
