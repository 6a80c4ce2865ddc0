resource "azurerm_cosmosdb_account" "this" {
  count = local.creates ? 1 : 0

  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  tags                = var.tags

  offer_type           = "Standard"
  kind                 = var.api == "mongo" ? "MongoDB" : "GlobalDocumentDB"
  mongo_server_version = var.api == "mongo" ? var.mongo_server_version : null
  free_tier_enabled    = var.free_tier_enabled
  minimal_tls_version  = "Tls12"

  # Accounts that speak MongoDB have no other way in than a key.
  local_authentication_enabled       = var.api == "mongo" || var.access_keys_key_vault != null
  access_key_metadata_writes_enabled = coalesce(var.access_key_metadata_writes_enabled, var.api == "mongo")

  public_network_access_enabled         = var.public_network_access_enabled
  ip_range_filter                       = var.network_rules.ip_rules
  is_virtual_network_filter_enabled     = length(var.network_rules.subnet_resource_ids) > 0
  network_acl_bypass_for_azure_services = false

  automatic_failover_enabled       = true
  multiple_write_locations_enabled = var.multiple_write_locations_enabled

  key_vault_key_id      = try(var.customer_managed_key.key_id, null)
  default_identity_type = var.customer_managed_key == null ? "FirstPartyIdentity" : "UserAssignedIdentity=${var.customer_managed_key.user_assigned_identity_resource_id}"

  consistency_policy {
    consistency_level       = var.consistency.level
    max_interval_in_seconds = var.consistency.max_interval_in_seconds
    max_staleness_prefix    = var.consistency.max_staleness_prefix
  }

  geo_location {
    location          = var.location
    failover_priority = 0
    zone_redundant    = var.zone_redundant
  }

  dynamic "geo_location" {
    for_each = var.replica_locations

    content {
      location          = geo_location.key
      failover_priority = geo_location.value.failover_priority
      zone_redundant    = geo_location.value.zone_redundant
    }
  }

  dynamic "capabilities" {
    for_each = local.capabilities

    content {
      name = capabilities.value
    }
  }

  dynamic "capacity" {
    for_each = var.total_throughput_limit == null ? [] : [var.total_throughput_limit]

    content {
      total_throughput_limit = capacity.value
    }
  }

  dynamic "virtual_network_rule" {
    for_each = var.network_rules.subnet_resource_ids

    content {
      id                                   = virtual_network_rule.value
      ignore_missing_vnet_service_endpoint = false
    }
  }

  backup {
    type                = var.backup.type
    tier                = var.backup.type == "Continuous" ? var.backup.tier : null
    interval_in_minutes = var.backup.type == "Periodic" ? var.backup.interval_in_minutes : null
    retention_in_hours  = var.backup.type == "Periodic" ? var.backup.retention_in_hours : null
    storage_redundancy  = var.backup.type == "Periodic" ? var.backup.storage_redundancy : null
  }

  dynamic "identity" {
    for_each = local.identity_type == "" ? [] : [local.identity_type]

    content {
      type         = identity.value
      identity_ids = local.has_user_assigned_identity ? local.identity_ids : null
    }
  }
}

data "azurerm_cosmosdb_account" "existing" {
  count = local.creates ? 0 : 1

  name                = local.existing_id_parts[8]
  resource_group_name = local.existing_id_parts[4]

  lifecycle {
    postcondition {
      condition     = (self.kind == "MongoDB") == (var.api == "mongo")
      error_message = "The existing account speaks another api than the one asked for."
    }
  }
}
